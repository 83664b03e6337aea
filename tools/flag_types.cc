// SPDX-License-Identifier: MIT
#include "flag_types.h"

#include <absl/time/time.h>

namespace rondo::tools {
namespace {

// Which of `choices` is called so.
template <class Choice, std::size_t kCount>
bool choose(absl::string_view text, const Choice (&choices)[kCount], Choice* chosen) {
  for (const Choice choice : choices) {
    const std::string_view name = name_of(choice);
    if (text == absl::string_view(name.data(), name.size())) {
      *chosen = choice;
      return true;
    }
  }
  return false;
}

}  // namespace

bool AbslParseFlag(absl::string_view text, BackendFlag* flag, std::string* error) {
  constexpr BackendKind kChoices[] = {BackendKind::kAuto, BackendKind::kIoUring,
                                      BackendKind::kEpoll, BackendKind::kPoll,
                                      BackendKind::kSelect};
  *error = "expected auto, io_uring, epoll, poll or select";
  return choose(text, kChoices, &flag->kind);
}

bool AbslParseFlag(absl::string_view text, TriggerFlag* flag, std::string* error) {
  constexpr Trigger kChoices[] = {Trigger::kEdge, Trigger::kLevel, Trigger::kOneShot};
  *error = "expected edge, level or oneshot";
  return choose(text, kChoices, &flag->trigger);
}

bool AbslParseFlag(absl::string_view text, TimeFlag* flag, std::string* error) {
  *error = "expected a time with its unit, such as 3s or 200ms, of at most 24h";
  absl::Duration time;
  if (!absl::ParseDuration(text, &time)) return false;
  if (time < absl::ZeroDuration() || time > absl::Hours(24)) return false;
  flag->time = absl::ToChronoNanoseconds(time);
  return true;
}

std::string AbslUnparseFlag(BackendFlag flag) { return std::string(name_of(flag.kind)); }

std::string AbslUnparseFlag(TriggerFlag flag) { return std::string(name_of(flag.trigger)); }

std::string AbslUnparseFlag(TimeFlag flag) {
  return absl::FormatDuration(absl::FromChrono(flag.time));
}

}  // namespace rondo::tools
