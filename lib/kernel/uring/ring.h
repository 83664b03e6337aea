// SPDX-License-Identifier: MIT
// The io_uring itself: two rings shared with the kernel, and one call.
//
//   next_entry() ... next_entry()      enter()                          reap()
//      | filled in by the caller         | submits them all,              | completions, in order
//      v                                 | runs task work, waits          v
//   [ submission entries ] ------------> kernel ------------> [ completion entries ]
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <liburing.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rondo/base/clock.h"
#include "rondo/kernel/uring_options.h"

namespace rondo {

struct RingOptions {
  UringRung rung = UringRung::kTop;
  bool ext_arg = true;  // a wait's end goes with the call, where the kernel knows that
  unsigned submissions = UringOptions{}.submissions;
  unsigned completions = UringOptions{}.completions;
};

// One completion, copied out of the ring.
struct Completion {
  std::uint64_t token;  // the request's user_data
  int result;           // what the system call would have returned: negative errno on failure
  unsigned flags;       // IORING_CQE_F_*

  bool final() const noexcept { return (flags & IORING_CQE_F_MORE) == 0; }
};

// A ring of one thread: on the top rung completions appear only inside enter(), further down
// whenever the thread is in the kernel. Created on any thread, it belongs to the one that calls
// enable(), which must also be the one that destroys it (or have ended before). The entries' memory
// is the kernel's and ours, so whatever the kernel moves is read with acquire and whatever we move
// is written with release.
class Ring {
 public:
  // The error names errno and its likely reason in one line.
  static absl::StatusOr<std::unique_ptr<Ring>> create(const RingOptions& options);

  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  // Makes the calling thread the one that may use the ring.
  absl::Status enable() noexcept;

  // The next free submission entry, with whatever a former request left in it: fill in all fields
  // (io_uring_prep_* and user_data). When all are taken, those before are submitted first.
  io_uring_sqe& next_entry() noexcept {
    if (filled_ - taken_ > submission_mask_) [[unlikely]] {
      submit();
    }
    return submissions_[filled_++ & submission_mask_];
  }
  // Which of the submission_entries() it is. An entry's number is used again only after the kernel
  // has taken the former request in, so what belongs to one (a msghdr) may be kept under it.
  unsigned number_of(const io_uring_sqe& entry) const noexcept {
    return static_cast<unsigned>(&entry - submissions_);
  }
  unsigned submission_entries() const noexcept { return submission_mask_ + 1; }

  // Entries that are filled in and not yet submitted.
  unsigned pending() const noexcept { return filled_ - taken_; }
  // Entries submitted since the beginning.
  std::uint64_t submitted() const noexcept { return submitted_; }
  // Calls to the kernel since the beginning.
  std::uint64_t calls() const noexcept { return calls_; }

  // Whether the kernel has something to do for us that is done only inside enter().
  bool has_task_work() const noexcept {
    return (flags() & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
  }
  bool has_overflown() const noexcept { return (flags() & IORING_SQ_CQ_OVERFLOW) != 0; }

  // Whether IOSQE_CQE_SKIP_SUCCESS keeps the completion of what succeeds away.
  bool skips_successes() const noexcept { return skips_successes_; }
  // Whether a wait's end goes with the call; else it is a request with Tag::kTimer.
  bool has_ext_arg() const noexcept { return ext_arg_; }

  // Submits, runs task work and, unless there are completions already, waits for one: not at all
  // for 0, for ever if negative. May return early.
  void enter(Duration wait) noexcept;
  // Submits only: completions of what does not finish at once come with a later enter().
  void submit() noexcept;
  // enter() for the end: -errno instead of ending the process when the kernel refuses.
  int try_enter(Duration wait) noexcept;

  // A completion with Tag::kTimer.
  void on_timer(const Completion& completion) noexcept {
    if (completion.token == timer_token_) timer_end_ = TimePoint::min();
  }

  bool has_completions() const noexcept { return completion_count() != 0; }

  // Calls visit(Completion) for at most `limit` completions, oldest first. The visitor may fill in
  // submission entries. Returns how many there were.
  template <class Visit>
  unsigned reap(std::size_t limit, Visit&& visit) noexcept {
    return reap(limit, visit, [](std::uint64_t, std::uint64_t) noexcept {});
  }
  // The same, and before each calls ahead(token of the next, token of the one kAhead later), so
  // that the visitor can have fetched what they refer to. They are guesses: where there are fewer,
  // what the ring held there before.
  static constexpr unsigned kAhead = 4;
  template <class Visit, class Ahead>
  unsigned reap(std::size_t limit, Visit&& visit, Ahead&& ahead) noexcept {
    const auto count = static_cast<unsigned>(std::min<std::size_t>(completion_count(), limit));
    for (unsigned i = 0; i < count; ++i) {
      if (i + 1 < count) ahead(token_at(1), token_at(kAhead));
      visit(next_completion());
    }
    return count;
  }

  // Whether the calling thread is the one that may use the ring.
  bool is_owner() const noexcept { return owner_ == ::gettid(); }

  int fd() const noexcept { return ring_.ring_fd; }
  io_uring& native() noexcept { return ring_; }

 private:
  Ring() noexcept = default;

  std::size_t completion_count() const noexcept {
    const unsigned tail = __atomic_load_n(completion_tail_, __ATOMIC_ACQUIRE);
    return tail - *completion_head_ + spilled_.size() - spilled_taken_;
  }
  // Of the completion that is so many after the oldest.
  std::uint64_t token_at(unsigned later) const noexcept {
    return completions_[(*completion_head_ + later) & completion_mask_].user_data;
  }
  // The oldest. It leaves the ring here, because a visitor's entries may make completions spill.
  Completion next_completion() noexcept {
    if (!spilled_.empty()) [[unlikely]] {
      return take_spilled();
    }
    const unsigned head = *completion_head_;
    const io_uring_cqe& entry = completions_[head & completion_mask_];
    const Completion next = {entry.user_data, entry.res, entry.flags};
    __atomic_store_n(completion_head_, head + 1, __ATOMIC_RELEASE);
    return next;
  }
  void spill() noexcept;
  Completion take_spilled() noexcept;
  unsigned flags() const noexcept { return __atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED); }
  int call(unsigned minimum, unsigned flags, const void* argument, std::size_t bytes) noexcept;
  // How many completions replacing the timer that was under way makes: they end no wait.
  unsigned arm_timer(Duration wait) noexcept;
  void require_harmless(int outcome) const noexcept;

  io_uring_sqe* submissions_ = nullptr;
  unsigned submission_mask_ = 0;
  unsigned filled_ = 0;  // our end of the submission ring
  unsigned taken_ = 0;   // the kernel's end of it, as of the last call
  std::uint64_t submitted_ = 0;
  std::uint64_t calls_ = 0;
  const io_uring_cqe* completions_ = nullptr;
  unsigned completion_mask_ = 0;
  unsigned* completion_head_ = nullptr;
  const unsigned* completion_tail_ = nullptr;
  std::vector<Completion> spilled_;  // older than those in the ring
  std::size_t spilled_taken_ = 0;    // of them; all, and there are none
  int enter_fd_ = -1;         // the ring's number in the thread's own table, or its descriptor
  unsigned enter_flags_ = 0;  // what every call says
  pid_t owner_ = -1;          // the thread of enable()
  bool skips_successes_ = false;
  bool ext_arg_ = true;
  // Without the argument: the one timer that the kernel holds, and when it completes.
  std::uint64_t timer_token_ = 0;
  TimePoint timer_end_ = TimePoint::min();
  __kernel_timespec timer_time_ = {};  // read when the timer is submitted
  io_uring ring_ = {};
};

// "io_uring_setup: EPERM: ..." with what a person can do about it.
absl::Status uring_error(const char* call, int error);

}  // namespace rondo
