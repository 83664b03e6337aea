// expect: deleted
// SPDX-License-Identifier: MIT
// Two would unlock one mutex.
#include "rondo/coro/mutex.h"

void keep(const rondo::Mutex::Lock& lock) {
  auto copy = lock;
  static_cast<void>(copy);
}
