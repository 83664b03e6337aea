// SPDX-License-Identifier: MIT
// The seam between a loop and its kernel queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rondo/base/clock.h"
#include "rondo/base/counter.h"
#include "rondo/base/fd.h"
#include "rondo/base/result.h"
#include "rondo/buffer/pool.h"
#include "rondo/kernel/op.h"
#include "rondo/kernel/slot.h"

namespace rondo {

// kSelect waits only for descriptors below FD_SETSIZE (1024): operations that would have to wait
// for another one fail with Errc::descriptor_too_large. kPoll and kSelect cost the kernel a look at
// each watched descriptor in each turn, and have no poll_fd(). kAuto takes io_uring or epoll. kSim
// is what a loop of a simulated world is on (rondo/sim/world.h); nobody asks for it.
enum class BackendKind : std::uint8_t { kAuto, kIoUring, kEpoll, kPoll, kSelect, kSim };

// All that name a queue of the kernel's, the one that kAuto prefers first.
inline constexpr BackendKind kBackendKinds[] = {BackendKind::kIoUring, BackendKind::kEpoll,
                                                BackendKind::kPoll, BackendKind::kSelect};

// "auto", "io_uring", "epoll", "poll", "select", "sim"; "default", "edge", "level", "oneshot".
std::string_view name_of(BackendKind kind) noexcept;
std::string_view name_of(Trigger trigger) noexcept;
// What a user may ask for by such a name: not "sim", and not "default". nullopt for what is none.
std::optional<BackendKind> backend_named(std::string_view name) noexcept;
std::optional<Trigger> trigger_named(std::string_view name) noexcept;

// What a loop runs on, and why: `reason` says in one sentence what was asked for or probed, and why
// what comes before it in the order of preference was not taken.
struct BackendChoice {
  BackendKind kind = BackendKind::kAuto;
  std::string reason;
};

// Bounds of one turn.
struct TurnLimits {
  std::size_t events = 1024;    // completions to reap at most
  Duration wait = Duration(0);  // how long to wait for the first: 0 not at all, negative for ever
};

// What attempt() did with an Op.
enum class Progress : std::uint8_t {
  kCompleted,  // it has its result (state kDone); the caller runs it
  kArmed,      // it can be performed soon: the caller puts it at the end of the ready queue
  kHeld,       // the backend keeps it and completes it in a later turn (state kHeld)
  kQueue,      // it is for the kernel: the caller puts it into `submitted` (state kQueued)
};

// What release() did with a slot.
enum class Release : std::uint8_t {
  kDone,     // neither the backend nor the kernel's queue knows of it
  kLater,    // something of it is in the kernel and was asked to end; ask again after a turn
  kBytes,    // bytes or the end of the stream have been received for it and not been asked for
  kRefused,  // this backend gives no descriptor away
};

// Counts since the start, for people and tests; kept on the loop's thread, read on any.
struct BackendCounters {
  Counter turns;
  Counter calls;         // system calls of the queue's own, waits and changes included
  Counter waits;         // calls that may block: epoll_wait, ppoll, io_uring_enter
  Counter changes;       // of what is watched (epoll_ctl calls); submitted entries
  Counter events;        // events and completions seen
  Counter stale_events;  // events of descriptors that are gone
  Counter no_buffers;    // io_uring: receives that ended with ENOBUFS
  Counter overflows;     // io_uring: completion queue overflows
};

// One kernel queue. Used by its loop's thread only, but for wake(). Descriptors are in no
// particular blocking mode when they come: the control calls open them as `blocking()` asks.
class Backend {
 public:
  virtual ~Backend() = default;

  // Once, before the first turn, on the loop's thread: where receive buffers come from and where
  // slots are. What can only be set up on the running thread is set up here.
  virtual void attach(Pool& pool, SlotTable& slots) = 0;

  // A new stream socket of `family` as this queue needs it: in its blocking mode, or simulated.
  // Errors as of control::open_stream_socket().
  virtual Result<Fd> open_stream_socket(int family) noexcept;

  // At the await: advances an Op as far as it goes without waiting. Never fails by itself: failure
  // is the Op's result. Resumes nobody.
  virtual Progress attempt(Op& op) noexcept = 0;

  // An armed Op has been dequeued: performs it now, or holds it again if there was nothing after
  // all. Only for backends that arm. Late, so that the buffer that is filled is the one that was
  // used last.
  virtual Progress finish(Op& op) noexcept { return attempt(op); }

  // Takes everything in `submitted` (new ops, and held ones with kOpStop, which it ends early:
  // they still complete exactly once), lets the kernel work, waits within the limits, and puts what
  // has completed or been armed into `completed`. Resumes nobody.
  virtual void turn(OpQueue& submitted, OpQueue& completed, const TurnLimits& limits) noexcept = 0;

  // The memory of a held or armed `op` is about to disappear. Returns once neither this nor the
  // kernel knows of it; may wait for the kernel to let go, never for a peer. Other completions that
  // come meanwhile are kept for the next turn. A stream that lost bytes this way is marked broken.
  virtual void retract(Op& op) noexcept = 0;

  // The slot's descriptor, on which nothing waits, is to go on in another loop, or a listener's to
  // be emptied without one. Until kDone the slot is used as before.
  virtual Release release(Slot&) noexcept { return Release::kRefused; }

  // Ends the wait of a turn that is running now or else of the next one. Any thread, any number of
  // times; async-signal-safe.
  virtual void wake() noexcept = 0;

  // A descriptor that is readable whenever turn() would find something without waiting, to nest the
  // loop in somebody else's poll set; -1 when the kernel has none for this queue (poll, select).
  virtual int poll_fd() const noexcept = 0;

  // Whether sockets should be in blocking mode (io_uring) or not (readiness).
  virtual bool blocking() const noexcept = 0;

  const BackendCounters& counters() const noexcept { return counters_; }

 protected:
  BackendCounters counters_;
};

}  // namespace rondo
