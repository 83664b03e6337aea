// SPDX-License-Identifier: MIT
#include "kernel/sim/sim_backend.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "rondo/base/assert.h"

namespace rondo {
namespace {

bool would_block(Error error) noexcept { return error.number() == EAGAIN; }

bool is_reader(const Op& op) noexcept {
  switch (op.code) {
    case OpCode::kAccept:
    case OpCode::kReceive:
    case OpCode::kRead:
      return true;
    case OpCode::kPoll:
      return (op.events & kPollIn) != 0;
    default:
      return false;
  }
}

Op*& place_of(Op& op) noexcept { return is_reader(op) ? op.slot->reader : op.slot->writer; }

}  // namespace

SimBackend::SimBackend(Simulation& simulation, SimNetwork& network, Pass pass,
                       std::function<void()> gone)
    : simulation_(simulation), network_(network), pass_(std::move(pass)), gone_(std::move(gone)) {}

SimBackend::~SimBackend() {
  network_.forget(*this);
  gone_();
}

void SimBackend::attach(Pool& pool, SlotTable&) { pool_ = &pool; }

void SimBackend::wake() noexcept { wake_asked_.store(true, std::memory_order_release); }

// A post is an event like any other: it comes when chance lets it.
void SimBackend::heed_wake() {
  if (!wake_asked_.exchange(false, std::memory_order_acquire)) return;
  const auto most = static_cast<std::uint64_t>(simulation_.options.most_post_delay.count());
  const auto delay = static_cast<std::int64_t>(simulation_.random.between(0, most));
  simulation_.agenda.add(after(simulation_.now(), Duration(delay)),
                         [woken = woken_] { *woken = true; });
}

bool SimBackend::has_work() noexcept {
  heed_wake();
  return !due_.empty() || !ended_.empty() || *woken_ || (!starved_.empty() && pool_->has_free());
}

Progress SimBackend::attempt(Op& op) noexcept {
  Slot& slot = *op.slot;
  if (op.code == OpCode::kClose) {
    slot.set(kSlotClosing);
    if (!simulation_.random.once_in(simulation_.options.at_once)) return Progress::kQueue;
    close(static_cast<CloseOp&>(op));
    return Progress::kCompleted;
  }
  if (slot.has(kSlotClosing) || slot.has(kSlotBroken)) {
    op.complete(slot.has(kSlotClosing) ? Errc::closed : Errc::broken);
    return Progress::kCompleted;
  }
  if (op.code == OpCode::kShutdown) {
    op.complete(network_.shutdown(slot.fd, op.how).error());
    return Progress::kCompleted;
  }
  Op*& place = place_of(op);
  require(place == nullptr,
          op.code == OpCode::kPoll ? "two waits for the same readiness of one descriptor"
          : is_reader(op)          ? "two receives (or accepts) at the same time on one descriptor"
                                   : "two sends (or connects) at the same time on one descriptor");
  return begin(op, place);
}

Progress SimBackend::begin(Op& op, Op*& place) noexcept {
  place = &op;
  op.state = OpState::kHeld;
  network_.watch(op.slot->fd, *this, *op.slot);
  if (simulation_.random.once_in(simulation_.options.at_once) && perform(op)) {
    return Progress::kCompleted;
  }
  if (!op.linked()) due_.push_back(op);
  return Progress::kHeld;
}

// True when it has its result.
bool SimBackend::perform(Op& op) {
  op.unlink();
  Op*& place = place_of(op);
  const Error error = step(op);
  if (would_block(error)) return false;
  op.unlink();  // the step itself may have been a change that made it due again
  if (error.is(Errc::out_of_memory)) {
    starved_.push_back(op);
    pool_->set_starving(true);
    return false;
  }
  place = nullptr;
  op.complete(error);
  return true;
}

// As far as it goes without waiting; EAGAIN if that is not the end, out_of_memory if there is no
// block to receive into.
Error SimBackend::step(Op& op) {
  switch (op.code) {
    case OpCode::kAccept: {
      auto fd = network_.accept(op.slot->fd);
      if (!fd) return fd.error();
      op.descriptor = fd->release();
      return {};
    }
    case OpCode::kReceive:
    case OpCode::kRead:
      return receive(op);
    case OpCode::kSend:
      return send(op);
    case OpCode::kSendGather:
      return send_gather(op);
    case OpCode::kConnect:
      return connect(op);
    case OpCode::kPoll:
      return poll(op);
    case OpCode::kShutdown:
    case OpCode::kClose:
      break;
  }
  return {};
}

Error SimBackend::receive(Op& op) {
  Block* block = nullptr;
  std::span<std::byte> into(op.memory, op.size);
  if (op.code == OpCode::kReceive) {
    block = pool_->take();
    if (block == nullptr) return Errc::out_of_memory;
    into = {block->data, pool_->block_bytes()};
  }
  auto count = network_.receive(op.slot->fd, into);
  const Error error = !count ? count.error() : *count == 0 ? Error(Errc::end_of_stream) : Error();
  if (error) {
    if (block != nullptr) pool_->give_back(*block);
    return error;
  }
  op.slot->table.bytes_moved += *count;
  if (block == nullptr) {
    op.done = *count;
    return {};
  }
  block->begin = 0;
  block->size = static_cast<std::uint32_t>(*count);
  op.block = block;
  return {};
}

Error SimBackend::send(Op& op) {
  do {
    auto count = network_.send(op.slot->fd, {op.memory + op.done, op.size - op.done});
    if (!count) return count.error();
    op.done += *count;
    op.slot->table.count_sent(*count);
  } while ((op.flags & kOpAll) != 0 && op.done < op.size);
  return {};
}

Error SimBackend::send_gather(Op& op) {
  std::size_t before = 0;  // bytes in the parts up to this one
  for (std::size_t i = 0; i < op.size; ++i) {
    const iovec& part = op.parts[i];
    while (op.done < before + part.iov_len) {
      const std::size_t skip = op.done - before;
      auto count = network_.send(
          op.slot->fd, {static_cast<const std::byte*>(part.iov_base) + skip, part.iov_len - skip});
      if (!count) return count.error();
      op.done += *count;
      op.slot->table.count_sent(*count);
    }
    before += part.iov_len;
  }
  return {};
}

Error SimBackend::connect(Op& op) {
  if ((op.flags & kOpStarted) == 0) {
    op.flags |= kOpStarted;
    auto begun = network_.connect(op.slot->fd, op.address, static_cast<socklen_t>(op.size));
    if (!begun && begun.error().number() != EINPROGRESS) return begun.error();
  }
  return network_.connected(op.slot->fd).error();
}

Error SimBackend::poll(Op& op) {
  if (!network_.is_open(op.slot->fd)) return Error::from_errno(EBADF);
  const auto ready =
      static_cast<short>(network_.readiness(op.slot->fd) & (op.events | kPollHangUp));
  if (ready == 0) return Error::from_errno(EAGAIN);
  op.events = ready;
  return {};
}

void SimBackend::close(CloseOp& op) noexcept {
  Slot& slot = *op.slot;
  end(slot.reader, Errc::closed);
  end(slot.writer, Errc::closed);
  if (!slot.has(kSlotForeign)) network_.close(slot.fd);
  op.complete({});
}

void SimBackend::end(Op*& waiting, Error error) noexcept {
  if (waiting == nullptr) return;
  Op& op = *std::exchange(waiting, nullptr);
  op.unlink();
  op.complete(error);
  ended_.push_back(op);
}

void SimBackend::retract(Op& op) noexcept {
  op.unlink();
  Op*& place = place_of(op);
  if (place == &op) place = nullptr;
  // A part of a message has gone: nothing sent after it could be understood.
  const bool sends = op.code == OpCode::kSend || op.code == OpCode::kSendGather;
  if (sends && op.done != 0) op.slot->set(kSlotBroken);
}

void SimBackend::on_change(Slot& slot) noexcept {
  for (Op* op : {slot.reader, slot.writer}) {
    if (op != nullptr && op->state == OpState::kHeld && !op->linked()) due_.push_back(*op);
  }
}

void SimBackend::take_submitted(OpQueue& submitted, OpQueue& completed) noexcept {
  while (ReadyNode* node = submitted.pop_front()) {
    auto& op = static_cast<Op&>(*node);
    if (op.code == OpCode::kClose) {
      close(static_cast<CloseOp&>(op));
    } else if (!simulation_.random.once_in(2) || !perform(op)) {
      // A stop; or else the result was quicker.
      op.unlink();
      place_of(op) = nullptr;
      op.complete(Errc::canceled);
    }
    completed.push_back(op);
  }
}

void SimBackend::perform_due(OpQueue& completed, std::size_t most) {
  std::vector<Op*> due;
  while (ReadyNode* node = due_.pop_front()) due.push_back(static_cast<Op*>(node));
  simulation_.random.shuffle(due.size(),
                             [&](std::size_t i, std::size_t j) { std::swap(due[i], due[j]); });
  for (Op* op : due) {
    const bool put_off = most == 0 || simulation_.random.once_in(4);
    if (put_off) {
      if (!op->linked()) due_.push_back(*op);
    } else if (perform(*op)) {
      completed.push_back(*op);
      ++counters_.events;
      --most;
    }
  }
}

void SimBackend::wait(Duration limit) {
  ++counters_.waits;
  const TimePoint latest = limit < Duration(0) ? kNever : after(simulation_.now(), limit);
  while (!has_work() && simulation_.now() < latest) {
    if (!pass_(*this, latest)) simulation_.advance_to(latest);
  }
}

void SimBackend::turn(OpQueue& submitted, OpQueue& completed, const TurnLimits& limits) noexcept {
  ++counters_.turns;
  take_submitted(submitted, completed);
  if (completed.empty() && limits.wait != Duration(0)) wait(limits.wait);
  *woken_ = false;
  if (!starved_.empty() && pool_->has_free()) due_.push_back(*starved_.pop_front());
  if (starved_.empty() && pool_ != nullptr) pool_->set_starving(false);
  perform_due(completed, std::max<std::size_t>(limits.events, 1));
  completed.take(ended_);
  simulation_.advance_to(after(simulation_.now(), simulation_.options.turn_time));
}

}  // namespace rondo
