// SPDX-License-Identifier: MIT
// How things end: a descriptor, an op whose memory goes, the backend.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "kernel/uring/uring_backend.h"

namespace rondo {

Progress UringBackend::attempt_close(Op& op) noexcept {
  Slot& slot = *op.slot;
  slot.set(kSlotClosing);
  const bool is_idle = slot.reader == nullptr && slot.writer == nullptr;
  if (slot.in_flight > 0 || !is_idle) return Progress::kQueue;
  if (!slot.has(kSlotForeign)) {
    ++slot.table.calls;
    ::close(slot.fd);
  }
  op.complete({});
  return Progress::kCompleted;
}

// Closing the descriptor would neither end what is in flight on it nor tell the peer, and the
// kernel would still write to memory of ours. So all requests are asked to end; the last one
// closes.
void UringBackend::begin_close(Slot& slot, OpQueue& completed) noexcept {
  slot.set(kSlotCloseBegun);
  for (Op* op : {slot.reader, slot.writer}) {
    if (op == nullptr || is_in_kernel(*op)) continue;
    forget(*op);
    op->unlink();  // it may be on its way to be stopped
    op->complete(Errc::closed);
    completed.push_back(*op);
  }
  if (slot.in_flight > 0) {
    // Ends sends and receives at once. A listener's connections in the backlog need no shutdown,
    // and a foreign descriptor is not ours to shut down.
    if (!slot.has(kSlotForeign | kSlotListener)) {
      ++slot.table.calls;
      ::shutdown(slot.fd, SHUT_RDWR);
    }
    if (slot.has(kSlotListener)) {
      accepts_.end(slot);
    } else {
      receives_.end(slot);
    }
    if (slot.reader != nullptr) requests_.cancel(*slot.reader);
    if (slot.writer != nullptr) requests_.cancel(*slot.writer);
  }
  close_if_over(slot, completed);
}

void UringBackend::finish_close(Slot& slot, OpQueue& completed) noexcept {
  if (!slot.has(kSlotForeign)) {
    ++slot.table.calls;
    ::close(slot.fd);
  }
  slot.closing.complete({});
  completed.push_back(slot.closing);
}

// Whether bytes were received that nobody gets any more, or only a part of a message was sent.
bool UringBackend::has_torn(Op& op, int result) noexcept {
  const std::size_t moved = op.done + static_cast<std::size_t>(std::max(result, 0));
  switch (op.code) {
    case OpCode::kRead:
      return result > 0;
    case OpCode::kSend:
      return moved > 0 && moved < op.size;
    case OpCode::kSendGather:
      op.done = moved;
      return moved > 0 && position_of(op).has_value();
    default:
      return false;
  }
}

void UringBackend::retract(Op& op) noexcept {
  op.unlink();  // it may be on its way to be stopped
  Slot& slot = *op.slot;
  if (!is_in_kernel(op)) {
    if (has_torn(op, 0)) slot.set(kSlotBroken);
    forget(op);
    return;
  }
  const bool has_polled = slot.has(kSlotPolled) && slot.writer == &op;
  const int result = has_polled ? std::min(reclaim(op), 0) : reclaim(op);
  forget(op);
  requests_.over(slot);
  if (has_torn(op, result)) slot.set(kSlotBroken);
  close_if_over(slot, ended_);
  // So that poll_fd() tells of what the next turn will find.
  if (!kept_.empty() || !ended_.empty()) wake();
}

// The stream is armed again by the next receive, should the slot stay after all.
Release UringBackend::release(Slot& slot) noexcept {
  if (slot.has(kSlotListener)) {
    if (slot.in_flight == 0) return Release::kDone;
    if (!slot.has(kSlotEnding)) accepts_.end(slot);
    return Release::kLater;
  }
  if (slot.queued > 0 || slot.stream_error) return Release::kBytes;
  if (slot.in_flight == 0) return Release::kDone;
  if (!slot.has(kSlotEnding)) receives_.end(slot);
  return Release::kLater;
}

// Makes the kernel let go of the op; what it had come to is the result.
int UringBackend::reclaim(Op& op) noexcept {
  const std::uint64_t token = token_of(op);
  for (auto kept = kept_.begin(); kept != kept_.end(); ++kept) {
    if (kept->token != token) continue;
    const int result = kept->result;
    kept_.erase(kept);
    return result;
  }
  int result = 0;
  bool found = false;
  while (!found) {
    requests_.cancel(op);
    ring_->enter(Duration(-1));
    ring_->reap(~std::size_t{0}, [&](const Completion& completion) {
      if (completion.token == token) {
        result = completion.result;
        found = true;
      } else if (tag_of(completion.token) != Tag::kIgnored) {
        kept_.push_back(completion);
      }
    });
  }
  return result;
}

void UringBackend::end_everything() noexcept {
  if (!ring_->is_owner()) return;  // that thread has ended, and its requests with it
  constexpr Duration kLongest = std::chrono::seconds(1);
  constexpr Duration kStep = std::chrono::milliseconds(20);
  for (const Completion& completion : kept_) {
    if (is_counted(completion.token) && completion.final()) requests_.any_over();
  }
  const TimePoint start = Clock::monotonic().now();
  while (requests_.outstanding() > 0 && Clock::monotonic().now() - start < kLongest) {
    requests_.cancel_all();
    requests_.cancel_wake(event_.number());
    if (polls_watch_) requests_.cancel_wake(room_watch_.fd());
    ring_->enter(kStep);
    ring_->reap(~std::size_t{0}, [&](const Completion& completion) {
      const Tag tag = tag_of(completion.token);
      if (tag == Tag::kAccepts && completion.result >= 0) ::close(completion.result);
      if (is_counted(completion.token) && completion.final()) requests_.any_over();
      if (tag == Tag::kTimer) ring_->on_timer(completion);
    });
  }
}

}  // namespace rondo
