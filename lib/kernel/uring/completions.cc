// SPDX-License-Identifier: MIT
// The switch that turns a completion into the result of an Op.
#include <cerrno>

#include "kernel/uring/uring_backend.h"

namespace rondo {

void UringBackend::handle(const Completion& completion, OpQueue& completed) noexcept {
  switch (tag_of(completion.token)) {
    case Tag::kOp:
      on_request(op_of(completion.token), completion.result, completed);
      break;
    case Tag::kReceives: {
      Slot& slot = slot_of(completion.token);
      receives_.on_completion(slot, completion, completed);
      if (completion.final()) close_if_over(slot, completed);
      break;
    }
    case Tag::kAccepts: {
      Slot& slot = slot_of(completion.token);
      accepts_.on_completion(slot, completion, completed);
      if (completion.final()) close_if_over(slot, completed);
      break;
    }
    case Tag::kStreamCancel:
      on_stream_cancel(slot_of(completion.token), completed);
      break;
    case Tag::kOpCancel:
      on_op_cancel(slot_of(completion.token), completion.result, completed);
      break;
    case Tag::kWake:
      on_wake(completion, completed);
      break;
    case Tag::kTimer:
      ring_->on_timer(completion);
      break;
    case Tag::kIgnored:
      break;
  }
}

// The result of a request that completes once. A result that was quicker than a stop or a close is
// delivered; a failure after either is put down to it.
void UringBackend::on_request(Op& op, int result, OpQueue& completed) noexcept {
  Slot& slot = *op.slot;
  requests_.over(slot);
  const bool closing = slot.has(kSlotClosing);
  const bool ends = closing || (op.flags & kOpStop) != 0;
  if (result == -EINTR && !ends && op.code != OpCode::kConnect) {
    if (slot.writer == &op) slot.clear(kSlotPolled);
    requests_.begin(op);
    return;
  }
  switch (op.code) {
    case OpCode::kSend:
    case OpCode::kSendGather:
      if (sends_on(op, result, ends)) return;
      slot.writer = nullptr;
      break;
    case OpCode::kRead:
      receives_.on_read(op, result);
      break;
    case OpCode::kPoll:
      if (waits_on(op, result, ends)) return;
      (slot.reader == &op ? slot.reader : slot.writer) = nullptr;
      break;
    default:
      slot.writer = nullptr;
      op.complete(result < 0 ? Error::from_errno(-result) : Error());
      break;
  }
  if (closing && op.error) {
    op.complete(Errc::closed);
  } else if (op.error == Error::from_errno(ECANCELED)) {
    op.complete(Errc::canceled);
  }
  completed.push_back(op);
  close_if_over(slot, completed);
}

// A send is performed, then polled for until there is room, then performed again, until it has its
// result: false.
bool UringBackend::sends_on(Op& op, int result, bool ends) noexcept {
  Slot& slot = *op.slot;
  const bool has_polled = slot.has(kSlotPolled);
  slot.clear(kSlotPolled);
  if (has_polled && result < 0) {
    op.complete(Error::from_errno(-result));
    return false;
  }
  if (!has_polled && has_sent(op, result)) return false;
  if (ends) {
    op.complete(Errc::canceled);
    return false;
  }
  if (has_polled && !RoomWatch::tells_of_room(result)) slot.set(kSlotPeerDone);
  if (slot.has(kSlotPeerDone)) return watches_room(op);
  if (has_polled) {
    requests_.begin(op);
  } else {
    slot.set(kSlotPolled);
    requests_.begin_poll_for_room(op);
  }
  return true;
}

// Whether the send has its result; if not, there was no room for all of it.
bool UringBackend::has_sent(Op& op, int result) noexcept {
  if (result == -EAGAIN) return false;
  if (result <= 0) {
    // A send of something never moves nothing; should it, going on would never end.
    op.complete(Error::from_errno(result == 0 ? EIO : -result));
    return true;
  }
  op.done += static_cast<std::size_t>(result);
  op.slot->table.count_sent(static_cast<std::size_t>(result));
  const bool wants_all = (op.flags & kOpAll) != 0;
  const bool has_all =
      !wants_all || (op.code == OpCode::kSend ? op.done == op.size : !position_of(op).has_value());
  if (has_all) op.complete({});
  return has_all;
}

// Whether a wait for readiness is not over: room is waited for, and all there is to tell is that
// the peer has finished sending.
bool UringBackend::waits_on(Op& op, int result, bool ends) noexcept {
  const bool has_come = op.slot->writer != &op || RoomWatch::tells_of_room(result);
  if (result < 0) {
    op.complete(Error::from_errno(-result));
  } else if (has_come) {
    op.complete({});
    op.events = static_cast<short>(result);
  } else if (ends) {
    op.complete(Errc::canceled);
  } else {
    return watches_room(op);
  }
  return false;
}

bool UringBackend::watches_room(Op& op) noexcept {
  const Error refused = room_watch_.watch(*op.slot);
  if (refused) {
    op.complete(refused);
    return false;
  }
  if (!polls_watch_) {
    polls_watch_ = true;
    requests_.arm_wake(room_watch_.fd());
  }
  return true;
}

void UringBackend::on_room(OpQueue& completed) noexcept {
  room_watch_.take([&](Slot& slot, int events) {
    Op& op = *slot.writer;
    if (op.code != OpCode::kPoll) {
      requests_.begin(op);
      return;
    }
    slot.writer = nullptr;
    op.complete({});
    op.events = static_cast<short>(events);
    completed.push_back(op);
  });
}

// A stream that is between two receives cannot be found by the kernel, so it is asked again until
// its last completion has come.
void UringBackend::on_stream_cancel(Slot& slot, OpQueue& completed) noexcept {
  requests_.over(slot);
  if (slot.has(kSlotEnding)) {
    if (slot.has(kSlotListener)) {
      accepts_.end(slot);
    } else {
      receives_.end(slot);
    }
  }
  close_if_over(slot, completed);
}

// The same of a request that the kernel is just passing on and does not find.
void UringBackend::on_op_cancel(Slot& slot, int result, OpQueue& completed) noexcept {
  requests_.over(slot);
  if (result < 0) {
    for (Op* op : {slot.reader, slot.writer}) {
      if (op == nullptr || op->linked() || !is_in_kernel(*op)) continue;
      if (slot.has(kSlotClosing) || (op->flags & kOpStop) != 0) requests_.cancel(*op);
    }
  }
  close_if_over(slot, completed);
}

}  // namespace rondo
