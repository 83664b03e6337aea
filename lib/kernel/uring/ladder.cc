// SPDX-License-Identifier: MIT
#include "kernel/uring/ladder.h"

#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kernel/uring/probe.h"

namespace rondo {
namespace {

std::string text_of(const absl::Status& status) { return std::string(status.message()); }

struct Feature {
  const char* name;
  bool UringForm::*is_used;
};

constexpr Feature kFeatures[] = {
    {"extended enter argument", &UringForm::ext_arg},
    {"buffer ring", &UringForm::buffer_ring},
    {"multishot", &UringForm::multishot},
};

// Everything that is wanted works in most cases; if not, one feature after the other is tried.
absl::StatusOr<UringStanding> stand_on(const UringForm& wanted) {
  if (probe_uring(wanted).ok()) return UringStanding{wanted, describe(wanted)};
  UringForm form{.rung = wanted.rung, .multishot = false, .buffer_ring = false, .ext_arg = false};
  absl::Status probed = probe_uring(form);
  if (!probed.ok()) return probed;
  std::string lacks;
  for (const Feature& feature : kFeatures) {
    if (!(wanted.*feature.is_used)) continue;
    form.*feature.is_used = true;
    probed = probe_uring(form);
    if (probed.ok()) continue;
    form.*feature.is_used = false;
    absl::StrAppend(&lacks, "; no ", feature.name, ": ", text_of(probed));
  }
  return UringStanding{form, describe(form) + lacks};
}

std::vector<UringRung> rungs_to_try(UringRung wanted) {
  if (wanted != UringRung::kHighest) return {wanted};
  return {UringRung::kTop, UringRung::kCoop, UringRung::kPlain};
}

}  // namespace

absl::StatusOr<UringStanding> climb_uring(const UringOptions& wanted) {
  absl::Status refusal;
  std::string higher;
  for (const UringRung rung : rungs_to_try(wanted.rung)) {
    auto standing = stand_on({.rung = rung,
                              .multishot = wanted.multishot,
                              .buffer_ring = wanted.buffer_ring,
                              .ext_arg = wanted.ext_arg});
    if (standing.ok()) {
      standing->reason += higher;
      return standing;
    }
    refusal = standing.status();
    absl::StrAppend(&higher, "; no rung ", std::string(name_of(rung)), ": ", text_of(refusal));
  }
  return refusal;
}

}  // namespace rondo
