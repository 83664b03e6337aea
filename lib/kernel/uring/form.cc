// SPDX-License-Identifier: MIT
#include "kernel/uring/form.h"

#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace rondo {

std::string_view name_of(UringRung rung) noexcept {
  switch (rung) {
    case UringRung::kHighest:
      return "highest";
    case UringRung::kTop:
      return "top";
    case UringRung::kCoop:
      return "coop";
    case UringRung::kPlain:
      return "plain";
  }
  return "unknown";
}

std::string describe(const UringForm& form) {
  std::vector<std::string> missing;
  if (!form.multishot) missing.emplace_back("multishot");
  if (!form.buffer_ring) missing.emplace_back("buffer ring");
  if (!form.ext_arg) missing.emplace_back("extended enter argument");
  return absl::StrCat("rung ", std::string(name_of(form.rung)),
                      missing.empty() ? " with everything" : " without ",
                      absl::StrJoin(missing, " and "));
}

}  // namespace rondo
