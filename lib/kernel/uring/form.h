// SPDX-License-Identifier: MIT
// What of io_uring a backend uses: a rung of the ladder and what works on it.
#pragma once

#include <string>

#include "rondo/kernel/uring_options.h"

namespace rondo {

struct UringForm {
  UringRung rung = UringRung::kTop;
  bool multishot = true;
  bool buffer_ring = true;
  bool ext_arg = true;

  friend bool operator==(const UringForm&, const UringForm&) = default;
};

// What makes io_uring faster than epoll.
inline constexpr UringForm kWholeForm = {};

// "rung coop without multishot and buffer ring".
std::string describe(const UringForm& form);

}  // namespace rondo
