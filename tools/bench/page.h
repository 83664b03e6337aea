// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "result.h"

namespace rondo::bench {

// The report as one HTML file that needs nothing else: charts, tables and what they mean.
std::string page(const Report& report);

}  // namespace rondo::bench
