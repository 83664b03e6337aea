// SPDX-License-Identifier: MIT
#include "kernel/uring/accept_streams.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "rondo/base/assert.h"

namespace rondo {
namespace {

// Errors of one connection that failed before it was accepted (man 2 accept): the next may be fine.
bool concerns_one_connection(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOPROTOOPT:
      return true;
    default:
      return false;
  }
}

// What ends the stream and is no reason to tell anybody.
bool may_go_on(int result) noexcept {
  return result >= 0 || result == -ECANCELED || result == -EINTR || result == -EAGAIN ||
         concerns_one_connection(-result);
}

}  // namespace

Progress AcceptStreams::accept(Op& op) noexcept {
  Slot& slot = *op.slot;
  if (slot.accepted != nullptr && !slot.accepted->empty()) {
    op.descriptor = slot.accepted->front();
    slot.accepted->erase(slot.accepted->begin());
    op.complete({});
    return Progress::kCompleted;
  }
  if (slot.stream_error) {
    op.complete(std::exchange(slot.stream_error, Error()));
    return Progress::kCompleted;
  }
  require(slot.reader == nullptr, "two receives (or accepts) at the same time on one descriptor");
  slot.reader = &op;
  op.state = OpState::kHeld;
  if (!slot.has(kSlotArmed)) arm(slot);
  return Progress::kHeld;
}

void AcceptStreams::arm(Slot& slot) noexcept {
  slot.set(kSlotArmed);
  requests_.arm_accepts(slot);
}

void AcceptStreams::end(Slot& slot) noexcept {
  if (!slot.has(kSlotArmed)) return;
  slot.set(kSlotEnding);
  requests_.cancel_stream(slot, Tag::kAccepts);
}

void AcceptStreams::on_completion(Slot& slot, const Completion& completion,
                                  OpQueue& completed) noexcept {
  const int result = completion.result;
  if (completion.final()) {
    slot.clear(kSlotArmed | kSlotEnding);
    requests_.over(slot);
  }
  Op* reader = slot.reader;
  if (reader == nullptr) {
    if (result >= 0) keep(slot, result);
    if (!may_go_on(result)) slot.stream_error = Error::from_errno(-result);
    return;
  }
  if (may_go_on(result) && result < 0) {
    if (!slot.has(kSlotArmed)) arm(slot);
    return;
  }
  slot.reader = nullptr;
  if (result >= 0) reader->descriptor = result;
  reader->complete(result >= 0 ? Error() : Error::from_errno(-result));
  completed.push_back(*reader);
}

void AcceptStreams::keep(Slot& slot, int descriptor) noexcept {
  if (slot.has(kSlotClosing)) {
    ++slot.table.calls;
    ::close(descriptor);
    return;
  }
  if (slot.accepted == nullptr) {
    slot.accepted = std::make_unique<std::vector<int>>();
    slot.accepted->reserve(kMostQueued * 2);
  }
  slot.accepted->push_back(descriptor);
  if (slot.accepted->size() >= kMostQueued && !slot.has(kSlotEnding)) end(slot);
}

}  // namespace rondo
