// SPDX-License-Identifier: MIT
#include "kernel/uring/ring.h"

#include <linux/time_types.h>
#include <sys/syscall.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "kernel/uring/token.h"
#include "kernel/uring/uapi.h"
#include "rondo/base/assert.h"

namespace rondo {
namespace {

constexpr unsigned kPlainFlags = IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
// A flag says that there is completion work, and one refused entry does not hold up those behind.
constexpr unsigned kFlaggedFlags =
    kPlainFlags | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL;

unsigned setup_flags(UringRung rung) noexcept {
  switch (rung) {
    case UringRung::kHighest:
    case UringRung::kTop:
      return kFlaggedFlags | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    case UringRung::kCoop:
      return kFlaggedFlags | IORING_SETUP_COOP_TASKRUN;
    case UringRung::kPlain:
      break;
  }
  return kPlainFlags;
}

// No completion is dropped, what a request points to is read at submission, and sockets wait
// without a worker thread.
constexpr unsigned kNeededFeatures =
    IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_FAST_POLL;

// Longer waits end early, once a day.
constexpr Duration kLongestTimer = std::chrono::hours(24);

// Tells the timer that is waited for from those that were replaced.
std::uint64_t next_timer_token(std::uint64_t last) noexcept {
  return (last | kTagMask) + 1 + token_of(Tag::kTimer);
}

__kernel_timespec timespec_of(Duration time) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

int register_with(int fd, unsigned code, void* argument, unsigned count) noexcept {
  const long outcome = ::syscall(__NR_io_uring_register, fd, code, argument, count);
  return outcome < 0 ? -errno : static_cast<int>(outcome);
}

// The sysctl kernel.io_uring_disabled: "0", "1", "2", or empty where there is none.
std::string disabled_sysctl() {
  char text[8] = {};
  std::FILE* file = std::fopen("/proc/sys/kernel/io_uring_disabled", "re");
  if (file == nullptr) return {};
  const std::size_t read = std::fread(text, 1, sizeof(text) - 1, file);
  std::fclose(file);
  return std::string(text, std::strspn(std::string(text, read).c_str(), "0123456789"));
}

std::string likely_reason(int error) {
  switch (error) {
    case EPERM: {
      const std::string disabled = disabled_sysctl();
      if (disabled == "1" || disabled == "2") {
        return absl::StrCat("refused by the sysctl kernel.io_uring_disabled=", disabled);
      }
      return "refused by a seccomp filter or security module (containers deny io_uring by default)";
    }
    case EACCES:
      return "refused by a security module";
    case ENOSYS:
      return "the kernel has no io_uring, or a seccomp filter hides it";
    case EINVAL:
      return "the kernel does not know something that is needed for it";
    case ENOMEM:
      return "not enough memory, or RLIMIT_MEMLOCK is too low";
    case EMFILE:
    case ENFILE:
      return "no descriptor is left; raise the limit (ulimit -n)";
    default:
      return std::strerror(error);
  }
}

}  // namespace

absl::Status uring_error(const char* call, int error) {
  const char* name = ::strerrorname_np(error);
  return absl::Status(
      absl::ErrnoToStatusCode(error),
      absl::StrCat(call, ": ", name == nullptr ? "error" : name, ": ", likely_reason(error)));
}

absl::StatusOr<std::unique_ptr<Ring>> Ring::create(const RingOptions& options) {
  io_uring_params params = {};
  params.flags = setup_flags(options.rung);
  params.cq_entries = options.completions;
  std::unique_ptr<Ring> ring(new Ring);
  const int outcome = ::io_uring_queue_init_params(options.submissions, &ring->ring_, &params);
  if (outcome < 0) {
    ring->ring_.ring_fd = -1;
    return uring_error("io_uring_setup", -outcome);
  }
  if ((params.features & kNeededFeatures) != kNeededFeatures) {
    return absl::UnimplementedError(
        absl::StrCat("io_uring: this kernel lacks features that are needed: 0x",
                     absl::Hex(kNeededFeatures & ~params.features)));
  }
  // A forked child must not see the entries; where that cannot be had, CLOEXEC and the issuer's
  // identity still keep it out.
  ::io_uring_ring_dontfork(&ring->ring_);

  io_uring& native = ring->ring_;
  ring->submissions_ = native.sq.sqes;
  ring->submission_mask_ = params.sq_entries - 1;
  ring->filled_ = ring->taken_ = *native.sq.khead;
  ring->completions_ = native.cq.cqes;
  ring->completion_mask_ = params.cq_entries - 1;
  ring->completion_head_ = native.cq.khead;
  ring->completion_tail_ = native.cq.ktail;
  ring->enter_fd_ = native.ring_fd;
  // Waiting for the network is not waiting for a disk, so it does not count as iowait.
  if ((params.features & uapi::kFeatureNoIowait) != 0) ring->enter_flags_ = uapi::kEnterNoIowait;
  ring->ext_arg_ = options.ext_arg && (params.features & IORING_FEAT_EXT_ARG) != 0;
  // The plain rung does without all that is newer, also where it is to be had.
  ring->skips_successes_ =
      options.rung != UringRung::kPlain && (params.features & IORING_FEAT_CQE_SKIP) != 0;
  return ring;
}

Ring::~Ring() {
  if (ring_.ring_fd < 0) return;
  if (enter_fd_ != ring_.ring_fd && is_owner()) {
    // Another thread's table is out of reach, and went with that thread.
    io_uring_rsrc_update entry = {.offset = static_cast<__u32>(enter_fd_), .resv = 0, .data = 0};
    register_with(ring_.ring_fd, IORING_UNREGISTER_RING_FDS, &entry, 1);
  }
  ::io_uring_queue_exit(&ring_);
}

absl::Status Ring::enable() noexcept {
  const int outcome = register_with(ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  if (outcome < 0) return uring_error("io_uring_register(ENABLE_RINGS)", -outcome);
  owner_ = ::gettid();
  // Saves two atomic operations on the file per call. Merely dearer where it cannot be had.
  io_uring_rsrc_update entry = {.offset = ~0u, .resv = 0, .data = static_cast<__u64>(fd())};
  if (register_with(ring_.ring_fd, IORING_REGISTER_RING_FDS, &entry, 1) == 1) {
    enter_fd_ = static_cast<int>(entry.offset);
    enter_flags_ |= IORING_ENTER_REGISTERED_RING;
  }
  return absl::OkStatus();
}

int Ring::call(unsigned minimum, unsigned flags, const void* argument, std::size_t bytes) noexcept {
  ++calls_;
  __atomic_store_n(ring_.sq.ktail, filled_, __ATOMIC_RELEASE);
  const long outcome = ::syscall(__NR_io_uring_enter, enter_fd_, pending(), minimum,
                                 flags | enter_flags_, argument, bytes);
  const int error = outcome < 0 ? -errno : 0;
  // What the kernel says it has taken is exact; the call's result is a count or an error, not both.
  const unsigned taken = __atomic_load_n(ring_.sq.khead, __ATOMIC_ACQUIRE);
  submitted_ += taken - taken_;
  taken_ = taken;
  return error;
}

int Ring::try_enter(Duration wait) noexcept {
  if (wait <= Duration(0)) {
    return call(wait < Duration(0) ? 1 : 0, IORING_ENTER_GETEVENTS, nullptr, 0);
  }
  if (!ext_arg_) [[unlikely]] {
    const unsigned of_its_own = arm_timer(wait);
    return call(of_its_own + 1, IORING_ENTER_GETEVENTS, nullptr, 0);
  }
  const __kernel_timespec timeout = timespec_of(wait);
  io_uring_getevents_arg argument = {};
  argument.ts = reinterpret_cast<std::uint64_t>(&timeout);
  return call(1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument, sizeof(argument));
}

// The timer that is under way stays if it is early enough: that it is too early costs an empty turn
// at most, and a new one for each wait would cost an entry and a completion each time.
unsigned Ring::arm_timer(Duration wait) noexcept {
  const TimePoint now = Clock::monotonic().now();
  const TimePoint end = after(now, std::min<Duration>(wait, kLongestTimer));
  const bool under_way = timer_end_ > now;
  if (under_way && timer_end_ <= end) return 0;
  if (under_way) {
    io_uring_sqe& entry = next_entry();
    ::io_uring_prep_timeout_remove(&entry, timer_token_, 0);
    entry.user_data = token_of(Tag::kIgnored);
  }
  timer_end_ = end;
  timer_token_ = next_timer_token(timer_token_);
  timer_time_ = timespec_of(end.time_since_epoch());
  io_uring_sqe& entry = next_entry();
  ::io_uring_prep_timeout(&entry, &timer_time_, 0, IORING_TIMEOUT_ABS);
  entry.user_data = timer_token_;
  return under_way ? 2 : 0;
}

void Ring::enter(Duration wait) noexcept {
  const int outcome = try_enter(wait);
  // The owner has ended. What a wake that came too late has left there ends with the ring.
  if (outcome < 0 && !is_owner() && wait == Duration(0) && pending() == 0) return;
  require_harmless(outcome);
}

void Ring::submit() noexcept {
  do {
    const int outcome = call(0, 0, nullptr, 0);
    if (outcome == -EBUSY) spill();
    require_harmless(outcome);
  } while (pending() > submission_mask_);
}

// Before Linux 5.19 nothing is taken while completions overflow, so room is made for them.
void Ring::spill() noexcept {
  const unsigned head = *completion_head_;
  const unsigned tail = __atomic_load_n(completion_tail_, __ATOMIC_ACQUIRE);
  for (unsigned at = head; at != tail; ++at) {
    const io_uring_cqe& entry = completions_[at & completion_mask_];
    spilled_.push_back({entry.user_data, entry.res, entry.flags});
  }
  __atomic_store_n(completion_head_, tail, __ATOMIC_RELEASE);
}

Completion Ring::take_spilled() noexcept {
  const Completion oldest = spilled_[spilled_taken_++];
  if (spilled_taken_ == spilled_.size()) {
    spilled_.clear();
    spilled_taken_ = 0;
  }
  return oldest;
}

void Ring::require_harmless(int outcome) const noexcept {
  switch (-outcome) {
    case 0:
    case ETIME:   // the wait's end
    case EINTR:   // a signal; the caller decides whether to wait on
    case EAGAIN:  // no memory for a request just now: it stays in the ring for the next call
    case EBUSY:   // completions overflow: they are to be reaped first
      return;
    case EBADR:
      panic("io_uring: the kernel lost completions because it was out of memory");
    default:
      require(is_owner(), "io_uring: a loop was turned by another thread than it is bound to");
      panic("io_uring_enter failed; the ring is in a state that it cannot be in");
  }
}

}  // namespace rondo
