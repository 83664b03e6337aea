// expect: and does not change when it is called
// SPDX-License-Identifier: MIT
// All loops call it, at the same time.
#include "rondo/runtime/runtime.h"

void start(rondo::Runtime& runtime) {
  auto count = [served = 0](rondo::SocketStream stream) mutable -> rondo::Task<> {
    ++served;
    co_await stream.close();
  };
  static_cast<void>(runtime.serve("127.0.0.1:0", count));
}
