// SPDX-License-Identifier: MIT
// Types of flags that several programs have.
#pragma once

#include <string>
#include <vector>

#include <absl/strings/string_view.h>

#include "rondo/base/clock.h"
#include "rondo/kernel/backend.h"
#include "rondo/kernel/slot.h"

namespace rondo::tools {

// --backend=auto|io_uring|epoll|poll|select
struct BackendFlag {
  BackendKind kind = BackendKind::kAuto;
};

// --trigger=edge|level|oneshot
struct TriggerFlag {
  Trigger trigger = Trigger::kEdge;
};

// A time with its unit: 3s, 0.2s, 150ms, 1m30s. Not negative, at most a day.
struct TimeFlag {
  Duration time{0};
};

// Texts that may hold commas: the flag is given once for each.
struct TextsFlag {
  std::vector<std::string> texts;
};

// What Abseil's flags look for: text to value, with the reason when that fails, and back.
bool AbslParseFlag(absl::string_view text, BackendFlag* flag, std::string* error);
bool AbslParseFlag(absl::string_view text, TriggerFlag* flag, std::string* error);
bool AbslParseFlag(absl::string_view text, TimeFlag* flag, std::string* error);
bool AbslParseFlag(absl::string_view text, TextsFlag* flag, std::string* error);
std::string AbslUnparseFlag(BackendFlag flag);
std::string AbslUnparseFlag(TriggerFlag flag);
std::string AbslUnparseFlag(TimeFlag flag);
std::string AbslUnparseFlag(const TextsFlag& flag);

}  // namespace rondo::tools
