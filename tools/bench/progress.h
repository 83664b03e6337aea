// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "result.h"

namespace rondo::bench {

// Who wants to know how a cell gets on.
class Progress {
 public:
  virtual ~Progress() = default;

  // `part` of the cell (0 to 1) is done, `what` comes next, and the rows are like this so far.
  virtual void at(double part, std::string_view what, const Cell& so_far) = 0;
};

}  // namespace rondo::bench
