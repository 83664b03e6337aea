// SPDX-License-Identifier: MIT
#include "kernel/choose.h"

#include <string>
#include <utility>

#include "kernel/epoll/epoll_backend.h"
#include "kernel/uring/uring_backend.h"

namespace rondo {
namespace {

absl::StatusOr<std::unique_ptr<Backend>> open(BackendKind kind, Trigger trigger) {
  if (kind == BackendKind::kIoUring) return make_uring_backend(UringOptions{});
  return EpollBackend::create({.trigger = trigger});
}

}  // namespace

absl::StatusOr<ChosenBackend> choose_backend(BackendKind kind, Trigger trigger) {
  if (kind != BackendKind::kAuto) {
    auto backend = open(kind, trigger);
    if (!backend.ok()) return backend.status();
    return ChosenBackend{{kind, std::string(name_of(kind)) + " was asked for"},
                         std::move(*backend)};
  }
  auto uring = open(BackendKind::kIoUring, trigger);
  if (uring.ok()) {
    return ChosenBackend{{BackendKind::kIoUring, "io_uring passed its self-test"},
                         std::move(*uring)};
  }
  auto epoll = open(BackendKind::kEpoll, trigger);
  if (!epoll.ok()) return epoll.status();
  return ChosenBackend{
      {BackendKind::kEpoll, "epoll, because " + std::string(uring.status().message())},
      std::move(*epoll)};
}

}  // namespace rondo
