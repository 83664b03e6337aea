// SPDX-License-Identifier: MIT
#include <initializer_list>
#include <optional>
#include <string_view>

#include "rondo/kernel/backend.h"

namespace rondo {
namespace {

// Which of `choices` is called so.
template <class Choice>
std::optional<Choice> called(std::string_view name, std::initializer_list<Choice> choices) {
  for (const Choice choice : choices) {
    if (name_of(choice) == name) return choice;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(BackendKind kind) noexcept {
  switch (kind) {
    case BackendKind::kAuto:
      return "auto";
    case BackendKind::kIoUring:
      return "io_uring";
    case BackendKind::kEpoll:
      return "epoll";
    case BackendKind::kPoll:
      return "poll";
    case BackendKind::kSelect:
      return "select";
    case BackendKind::kSim:
      return "sim";
  }
  return "unknown";
}

std::string_view name_of(Trigger trigger) noexcept {
  switch (trigger) {
    case Trigger::kDefault:
      return "default";
    case Trigger::kEdge:
      return "edge";
    case Trigger::kLevel:
      return "level";
    case Trigger::kOneShot:
      return "oneshot";
  }
  return "unknown";
}

std::optional<BackendKind> backend_named(std::string_view name) noexcept {
  return called(name, {BackendKind::kAuto, BackendKind::kIoUring, BackendKind::kEpoll,
                       BackendKind::kPoll, BackendKind::kSelect});
}

std::optional<Trigger> trigger_named(std::string_view name) noexcept {
  return called(name, {Trigger::kEdge, Trigger::kLevel, Trigger::kOneShot});
}

}  // namespace rondo
