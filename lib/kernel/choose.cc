// SPDX-License-Identifier: MIT
#include "kernel/choose.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "kernel/epoll/epoll_backend.h"
#include "kernel/poll/poll_backend.h"
#include "kernel/select/select_backend.h"
#include "kernel/uring/ladder.h"
#include "kernel/uring/uring_backend.h"
#include "kernel/uring/words.h"

namespace rondo {
namespace {

// The program's options, and the user's words on top of them.
absl::StatusOr<UringOptions> wanted_of_uring(const UringOptions& uring) {
  const char* words = std::getenv("RONDO_URING");
  return with_words(uring, words == nullptr ? "" : words);
}

absl::StatusOr<ChosenBackend> chosen(BackendKind kind, std::string reason,
                                     absl::StatusOr<std::unique_ptr<Backend>> backend) {
  if (!backend.ok()) return backend.status();
  return ChosenBackend{{kind, std::move(reason)}, *std::move(backend)};
}

absl::StatusOr<ChosenBackend> open_uring(const UringForm& form, const UringOptions& uring,
                                         std::string reason) {
  return chosen(BackendKind::kIoUring, std::move(reason), UringBackend::create(form, uring));
}

absl::StatusOr<ChosenBackend> open_epoll(Trigger trigger, std::string reason) {
  return chosen(BackendKind::kEpoll, std::move(reason), EpollBackend::create({.trigger = trigger}));
}

// A form of io_uring that is less than the whole is often slower than epoll.
absl::StatusOr<ChosenBackend> choose_automatically(Trigger trigger, const UringOptions& uring) {
  auto wanted = wanted_of_uring(uring);
  if (!wanted.ok()) return wanted.status();
  auto standing = climb_uring(*wanted);
  if (!standing.ok()) {
    return open_epoll(trigger, "epoll, because " + std::string(standing.status().message()));
  }
  if (standing->form == kWholeForm) {
    return open_uring(standing->form, *wanted, "io_uring passed its self-test");
  }
  return open_epoll(trigger, "epoll, because io_uring is not the whole: " + standing->reason);
}

}  // namespace

absl::StatusOr<ChosenBackend> choose_backend(BackendKind kind, Trigger trigger,
                                             const UringOptions& uring) {
  switch (kind) {
    case BackendKind::kAuto:
      break;
    case BackendKind::kEpoll:
      return open_epoll(trigger, "epoll was asked for");
    case BackendKind::kPoll:
      return chosen(kind, "poll was asked for", PollBackend::create());
    case BackendKind::kSelect:
      return chosen(kind, "select was asked for", SelectBackend::create());
    case BackendKind::kSim:
      return absl::InvalidArgumentError(
          "a simulated loop is part of a world: make it by sim::World::create_loop");
    case BackendKind::kIoUring: {
      auto wanted = wanted_of_uring(uring);
      if (!wanted.ok()) return wanted.status();
      auto standing = climb_uring(*wanted);
      if (!standing.ok()) return standing.status();
      return open_uring(standing->form, *wanted, "io_uring was asked for: " + standing->reason);
    }
  }
  return choose_automatically(trigger, uring);
}

}  // namespace rondo
