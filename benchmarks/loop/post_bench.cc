// SPDX-License-Identifier: MIT
// From other threads to one: how many messages pass, and how long a sleeping thread takes to wake.
// Beside the mailbox, the ways that others take: a queue under a mutex, an eventfd for each
// message, and io_uring's MSG_RING.
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <liburing.h>

#include "rondo/base/mpsc.h"
#include "rondo/loop/loop.h"
#include "rondo/loop/mailbox.h"
#include "rondo/loop/switch_to.h"

namespace rondo {
namespace {

constexpr std::size_t kBatch = 4096;  // messages of each producer per iteration

struct Letter final : Mail {
  void run() noexcept override {}
};

// The consumer side spins here: what is measured is the queue, not the wake.
class MailboxQueue {
 public:
  MailboxQueue() : mailbox_([](void*) {}, nullptr) {}
  void push(Letter& letter) { benchmark::DoNotOptimize(mailbox_.post(letter)); }
  std::size_t take() {
    const std::size_t count = mailbox_.drain(ready_, kBatch);
    while (!ready_.empty()) ready_.pop_front();
    return count;
  }

 private:
  Mailbox mailbox_;
  ReadyQueue ready_;
};

class MutexQueue {
 public:
  void push(Letter& letter) {
    const std::lock_guard lock(mutex_);
    letters_.push_back(&letter);
  }
  std::size_t take() {
    std::deque<Letter*> taken;
    {
      const std::lock_guard lock(mutex_);
      taken.swap(letters_);
    }
    return taken.size();
  }

 private:
  std::mutex mutex_;
  std::deque<Letter*> letters_;
};

template <class Queue>
void pass_messages(benchmark::State& state) {
  const auto producers = static_cast<std::size_t>(state.range(0));
  Queue queue;
  std::atomic<std::uint64_t> round{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < producers; ++i) {
    threads.emplace_back([&] {
      std::vector<Letter> letters(kBatch);
      for (std::uint64_t mine = 0;; ++mine) {
        while (round.load() == mine && !over.load()) std::this_thread::yield();
        if (over.load()) return;
        for (Letter& letter : letters) queue.push(letter);
      }
    });
  }
  for (auto _ : state) {
    ++round;
    for (std::size_t count = 0; count < producers * kBatch;) {
      const std::size_t taken = queue.take();
      if (taken == 0) std::this_thread::yield();
      count += taken;
    }
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(producers * kBatch));
}
BENCHMARK(pass_messages<MailboxQueue>)->Name("post/mailbox")->Arg(1)->Arg(3)->UseRealTime();
BENCHMARK(pass_messages<MutexQueue>)->Name("post/mutex and deque")->Arg(1)->Arg(3)->UseRealTime();

cpu_set_t allowed_cpus() {
  cpu_set_t cpus;
  sched_getaffinity(0, sizeof cpus, &cpus);
  return cpus;
}
const cpu_set_t kAllowed = allowed_cpus();  // before any thread is pinned

// Keeps a thread on the first or the second CPU that the process may use, while it lives; on the
// first if there is no second.
class Pinned {
 public:
  explicit Pinned(bool second) {
    cpu_set_t only;
    CPU_ZERO(&only);
    for (unsigned cpu = 0, seen = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &kAllowed) || seen++ > (second ? 1U : 0U)) continue;
      CPU_ZERO(&only);
      CPU_SET(cpu, &only);
    }
    sched_setaffinity(0, sizeof only, &only);
  }
  ~Pinned() { sched_setaffinity(0, sizeof kAllowed, &kAllowed); }
};

// Whether the two threads run on a CPU each; otherwise both on the same one.
bool apart(const benchmark::State& state) { return state.range(0) == 1; }

// A thread that answers: it is woken, and wakes the asker in turn.
template <class Bell>
void wake_and_answer(benchmark::State& state) {
  Bell there;
  Bell back;
  if (!there.usable() || !back.usable()) {
    state.SkipWithError("cannot be had here");
    return;
  }
  std::atomic<bool> over{false};
  const Pinned pinned(false);
  std::thread answerer([&, second = apart(state)] {
    const Pinned answerer_pinned(second);
    for (;;) {
      there.wait();
      if (over.load()) return;
      back.ring();
    }
  });
  for (auto _ : state) {
    there.ring();
    back.wait();
  }
  over = true;
  there.ring();
  answerer.join();
}

class EventBell {
 public:
  ~EventBell() { close(fd_); }
  bool usable() const { return fd_ >= 0; }
  void ring() {
    const std::uint64_t one = 1;
    benchmark::DoNotOptimize(write(fd_, &one, sizeof one));
  }
  void wait() {
    std::uint64_t count = 0;
    benchmark::DoNotOptimize(read(fd_, &count, sizeof count));
  }

 private:
  int fd_ = eventfd(0, EFD_CLOEXEC);
};

class ConditionBell {
 public:
  static bool usable() { return true; }
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    condition_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool rung_ = false;
};

// The bell is the waiter's ring; whoever rings does so from a ring of its own.
class RingBell {
 public:
  RingBell() {
    open_ = io_uring_queue_init(8, &waiter_, 0) == 0;
    open_ = open_ && io_uring_queue_init(8, &ringer_, 0) == 0;
  }
  ~RingBell() {
    if (!open_) return;
    io_uring_queue_exit(&waiter_);
    io_uring_queue_exit(&ringer_);
  }
  bool usable() const { return open_; }
  void ring() {
    io_uring_sqe* entry = io_uring_get_sqe(&ringer_);
    io_uring_prep_msg_ring(entry, waiter_.ring_fd, 0, 0, 0);
    io_uring_submit_and_wait(&ringer_, 1);
    take(ringer_);
  }
  void wait() { take(waiter_); }

 private:
  static void take(io_uring& ring) {
    io_uring_cqe* completion = nullptr;
    if (io_uring_wait_cqe(&ring, &completion) == 0) io_uring_cqe_seen(&ring, completion);
  }

  io_uring waiter_ = {};
  io_uring ringer_ = {};
  bool open_ = false;
};

BENCHMARK(wake_and_answer<EventBell>)->Name("wake/eventfd")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(wake_and_answer<RingBell>)->Name("wake/MSG_RING")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(wake_and_answer<ConditionBell>)
    ->Name("wake/mutex and condition")
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime();

// A task that goes to another loop and comes back, waking each.
void switch_there_and_back(benchmark::State& state, BackendKind backend) {
  auto here = Loop::create({.backend = backend});
  auto there = Loop::create({.backend = backend});
  if (!here.ok() || !there.ok()) {
    state.SkipWithError("this backend cannot be had here");
    return;
  }
  const Pinned pinned(false);
  std::thread other([&, second = apart(state)] {
    const Pinned other_pinned(second);
    (*there)->run_until_stopped();
  });
  auto travel = [](benchmark::State& each, Loop& home, Loop& abroad) -> Task<> {
    for (auto _ : each) {
      co_await switch_to(abroad);
      co_await switch_to(home);
    }
  };
  (*here)->spawn(travel, borrow(state), borrow(**here), borrow(**there));
  (*here)->run();
  (*there)->stop();
  other.join();
}
BENCHMARK_CAPTURE(switch_there_and_back, epoll, BackendKind::kEpoll)
    ->Name("wake/rondo on epoll")
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime();
BENCHMARK_CAPTURE(switch_there_and_back, io_uring, BackendKind::kIoUring)
    ->Name("wake/rondo on io_uring")
    ->Arg(0)
    ->Arg(1)
    ->UseRealTime();

}  // namespace
}  // namespace rondo
