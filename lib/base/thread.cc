// SPDX-License-Identifier: MIT
#include "rondo/base/thread.h"

namespace rondo {

#if !defined(__x86_64__)
// The accessor is the only way to the variable; see the header for why.
const void* current_thread() noexcept {
  static thread_local const char token = 0;
  return &token;
}
#endif

}  // namespace rondo
