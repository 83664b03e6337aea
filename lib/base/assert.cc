// SPDX-License-Identifier: MIT
#include "rondo/base/assert.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "rondo/base/runner.h"

namespace rondo {

void panic(const char* message, std::source_location where) noexcept {
  const Runner* here = Runner::current();
  panic_about(here == nullptr ? std::string() : here->whose_turn(), message, where);
}

void panic_about(std::string_view whom, const char* message, std::source_location where) noexcept {
  std::fprintf(stderr, "rondo: %s:%u: %s: %.*s%s%s\n", where.file_name(), where.line(),
               where.function_name(), static_cast<int>(whom.size()), whom.data(),
               whom.empty() ? "" : ": ", message);
  std::abort();
}

}  // namespace rondo
