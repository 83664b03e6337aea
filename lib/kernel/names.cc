// SPDX-License-Identifier: MIT
#include <initializer_list>
#include <optional>
#include <string_view>

#include "rondo/kernel/backend.h"

namespace rondo {
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
  if (name == name_of(BackendKind::kAuto)) return BackendKind::kAuto;
  for (const BackendKind kind : kBackendKinds) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

std::optional<Trigger> trigger_named(std::string_view name) noexcept {
  for (const Trigger trigger : {Trigger::kEdge, Trigger::kLevel, Trigger::kOneShot}) {
    if (name == name_of(trigger)) return trigger;
  }
  return std::nullopt;
}

}  // namespace rondo
