// SPDX-License-Identifier: MIT
#include "rondo/base/fd.h"

#include <unistd.h>

namespace rondo {

void Fd::close_descriptor(int number) noexcept { ::close(number); }

}  // namespace rondo
