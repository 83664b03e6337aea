// SPDX-License-Identifier: MIT
// What the machine and the process' limits are, as far as a server minds.
#pragma once

#include <string>
#include <vector>

namespace rondo::tools {

struct Limit {
  std::string name;
  std::string value;  // a number, "unlimited", or "none" where the kernel does not have it
  std::string meaning;
};

// "Linux 6.18.44 x86_64".
std::string kernel();

std::vector<Limit> limits();

}  // namespace rondo::tools
