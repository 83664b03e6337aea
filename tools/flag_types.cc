// SPDX-License-Identifier: MIT
#include "flag_types.h"

#include <optional>
#include <string_view>

#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/time/time.h>

namespace rondo::tools {
namespace {

template <class Choice>
bool take(std::optional<Choice> named, Choice* chosen) {
  if (named) *chosen = *named;
  return named.has_value();
}

std::string_view std_view(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace

bool AbslParseFlag(absl::string_view text, BackendFlag* flag, std::string* error) {
  *error = "expected auto, io_uring, epoll, poll or select";
  return take(backend_named(std_view(text)), &flag->kind);
}

bool AbslParseFlag(absl::string_view text, TriggerFlag* flag, std::string* error) {
  *error = "expected edge, level or oneshot";
  return take(trigger_named(std_view(text)), &flag->trigger);
}

bool AbslParseFlag(absl::string_view text, TimeFlag* flag, std::string* error) {
  *error = "expected a time with its unit, such as 3s or 200ms, of at most 24h";
  absl::Duration time;
  if (!absl::ParseDuration(text, &time)) return false;
  if (time < absl::ZeroDuration() || time > absl::Hours(24)) return false;
  flag->time = absl::ToChronoNanoseconds(time);
  return true;
}

// A line each.
bool AbslParseFlag(absl::string_view text, TextsFlag* flag, std::string*) {
  flag->texts = absl::StrSplit(text, '\n', absl::SkipEmpty());
  return true;
}

std::string AbslUnparseFlag(BackendFlag flag) { return std::string(name_of(flag.kind)); }

std::string AbslUnparseFlag(TriggerFlag flag) { return std::string(name_of(flag.trigger)); }

std::string AbslUnparseFlag(TimeFlag flag) {
  return absl::FormatDuration(absl::FromChrono(flag.time));
}

std::string AbslUnparseFlag(const TextsFlag& flag) { return absl::StrJoin(flag.texts, "\n"); }

}  // namespace rondo::tools
