// SPDX-License-Identifier: MIT
#include "rondo/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace rondo {

void panic(const char* message, std::source_location where) noexcept {
  std::fprintf(stderr, "rondo: %s:%u: %s: %s\n", where.file_name(), where.line(),
               where.function_name(), message);
  std::abort();
}

}  // namespace rondo
