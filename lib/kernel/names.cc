// SPDX-License-Identifier: MIT
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

}  // namespace rondo
