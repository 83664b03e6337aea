// SPDX-License-Identifier: MIT
#include "rondo/kernel/backend.h"

#include "rondo/kernel/control.h"

namespace rondo {

Result<Fd> Backend::open_stream_socket(int family) noexcept {
  return control::open_stream_socket(
      family, blocking() ? BlockingMode::kBlocking : BlockingMode::kNonBlocking);
}

}  // namespace rondo
