// SPDX-License-Identifier: MIT
// io_uring (man 7 io_uring).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/uring/accept_streams.h"
#include "kernel/uring/buffer_ring.h"
#include "kernel/uring/form.h"
#include "kernel/uring/receive_streams.h"
#include "kernel/uring/requests.h"
#include "kernel/uring/ring.h"
#include "kernel/uring/room_watch.h"
#include "rondo/base/fd.h"
#include "rondo/kernel/backend.h"

namespace rondo {

// The kernel performs the operations and says when they are done. An attempt fills in a submission
// entry at once; the turn's one enter submits them all, and waits.
//
//   attempt: shutdown; what is queued on a stream                            -> completed
//            receive, accept: wait in slot.reader for the slot's stream      -> held
//            send, connect, read, poll: one request in the kernel            -> held
//            a send without room: a poll for it, then the send goes on       -> held
//            close: with something in flight it needs a turn                 -> queued
//
// Sockets are in blocking mode: the kernel waits for them without a thread. An op is in the kernel
// exactly if is_in_kernel() says so; all others are ended by just forgetting them.
class UringBackend final : public Backend {
 public:
  // `form` has passed the self-test (climb_uring). Sizes come from `options`.
  static absl::StatusOr<std::unique_ptr<Backend>> create(const UringForm& form,
                                                         const UringOptions& options);
  // On the thread that attached, or when that thread has ended. What is still in flight is
  // cancelled and waited for, a second at most; ops and slots are not touched.
  ~UringBackend() override;

  void attach(Pool& pool, SlotTable& slots) override;
  Progress attempt(Op& op) noexcept override;
  void turn(OpQueue& submitted, OpQueue& completed, const TurnLimits& limits) noexcept override;
  void retract(Op& op) noexcept override;
  Release release(Slot& slot) noexcept override;
  void wake() noexcept override;
  int poll_fd() const noexcept override;
  bool blocking() const noexcept override { return true; }

 private:
  UringBackend(const UringForm& form, std::unique_ptr<Ring> ring,
               std::unique_ptr<BufferRing> buffers, Fd event, Fd room_set);

  Progress begin_write(Op& op) noexcept;
  Progress begin_request(Op& op, Op*& place) noexcept;
  Progress attempt_close(Op& op) noexcept;

  void submit(Op& op, OpQueue& completed) noexcept;
  void enter(bool may_wait, Duration wait) noexcept;
  void handle(const Completion& completion, OpQueue& completed) noexcept;
  void on_request(Op& op, int result, OpQueue& completed) noexcept;
  bool sends_on(Op& op, int result, bool ends) noexcept;
  static bool has_sent(Op& op, int result) noexcept;
  bool waits_on(Op& op, int result, bool ends) noexcept;
  bool watches_room(Op& op) noexcept;
  void on_room(OpQueue& completed) noexcept;
  void on_stream_cancel(Slot& slot, OpQueue& completed) noexcept;
  void on_op_cancel(Slot& slot, int result, OpQueue& completed) noexcept;
  void on_wake(const Completion& completion, OpQueue& completed) noexcept;

  void begin_close(Slot& slot, OpQueue& completed) noexcept;
  void close_if_over(Slot& slot, OpQueue& completed) noexcept {
    if (slot.in_flight == 0 && slot.has(kSlotCloseBegun)) [[unlikely]] {
      finish_close(slot, completed);
    }
  }
  void finish_close(Slot& slot, OpQueue& completed) noexcept;
  static bool is_in_kernel(const Op& op) noexcept;
  void forget(Op& op) noexcept;
  int reclaim(Op& op) noexcept;
  static bool has_torn(Op& op, int result) noexcept;
  void end_everything() noexcept;

  std::unique_ptr<Ring> ring_;
  std::unique_ptr<BufferRing> buffers_;  // none in a form without
  Fd event_;
  Requests requests_;
  ReceiveStreams receives_;
  AcceptStreams accepts_;
  RoomWatch room_watch_;
  bool polls_watch_ = false;  // from its first use on
  bool attached_ = false;
  Pool* pool_ = nullptr;           // since it was attached
  std::uint64_t other_calls_ = 0;  // system calls that are not the ring's
  // Made by the first poll_fd(): the kernel writes it when a turn would find something. (Work that
  // is deferred to the turn does not wake those who poll the ring itself; seen on Linux 6.18.)
  mutable Fd host_event_;
  // Its number, for wake(): the kernel tells one eventfd of a write to another one only after an
  // RCU grace period, which takes milliseconds.
  mutable std::atomic<int> host_number_{-1};
  // What came while an op was retracted; for the next turn.
  std::vector<Completion> kept_;
  OpQueue ended_;
};

}  // namespace rondo
