// expect: conver
// SPDX-License-Identifier: MIT
// An error would become the value false.
#include "rondo/base/result.h"

rondo::Result<int> receive();

rondo::Result<bool> work() {
  auto received = receive();
  return received;
}
