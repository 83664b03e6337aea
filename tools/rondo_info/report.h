// SPDX-License-Identifier: MIT
// What rondo-info has found out, as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "machine.h"
#include "rondo/kernel/capabilities.h"

namespace rondo::tools {

struct Findings {
  std::string kernel;
  std::vector<Limit> limits;
  Capabilities capabilities;
};

// Columns, for people.
std::string text_report(const Findings& findings);

// One object in one line:
//   {"kernel":"...","auto":{"backend":"...","reason":"..."},
//    "backends":[{"name":"...","usable":true,"reason":"..."}...],
//    "io_uring":[{"group":"...","name":"...","usable":true,"probe":"..."}...],
//    "limits":{"nofile_soft":"1024",...}}
std::string json_report(const Findings& findings);

}  // namespace rondo::tools
