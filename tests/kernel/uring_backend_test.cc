// SPDX-License-Identifier: MIT
// Waiting, waking, threads and the end of the io_uring backend.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring_harness.h"
#include "support/usage.h"

namespace rondo {
namespace {

// On a thread that never had a ring: Linux interrupts waits of one whose earlier rings it takes
// down.
void on_a_new_thread(const std::function<void()>& test) { std::thread(test).join(); }

TEST(UringBackend, a_wait_ends_in_time_and_never_early) {
  on_a_new_thread([] {
    Harness loop;
    loop.settle();
    for (Duration wait : {Duration(300us), Duration(7ms), Duration(20ms)}) {
      const TimePoint start = Clock::monotonic().now();
      loop.turn(wait);
      const Duration took = Clock::monotonic().now() - start;
      EXPECT_GE(took, wait);
      EXPECT_LT(took, wait + 5s);
    }
  });
}

// The timer of a long wait stays in the kernel; a shorter one replaces it, and neither spins.
TEST(UringBackend, without_the_enter_argument_waits_end_in_time_whatever_came_before) {
  on_a_new_thread([] {
    Harness loop({.ext_arg = false});
    const auto wait_ends_after = [&loop](Duration wait) {
      const TimePoint start = Clock::monotonic().now();
      std::uint64_t turns = 0;
      while (Clock::monotonic().now() - start < wait) {
        loop.turn(wait - (Clock::monotonic().now() - start));
        ++turns;
      }
      EXPECT_LE(turns, kTurnsOfASleeper) << "the turns do not wait";
      return Clock::monotonic().now() - start;
    };
    loop.backend().wake();
    loop.turn(10s);
    for (const Duration wait : {Duration(20ms), Duration(2ms), Duration(30ms)}) {
      EXPECT_LT(wait_ends_after(wait), wait + 5s);
    }
  });
}

// Each of them replaces the timer of the one before it; a signal may end some of them early.
TEST(UringBackend, without_the_enter_argument_a_wait_that_is_shorter_than_the_last_is_one_turn) {
  on_a_new_thread([] {
    Harness loop({.ext_arg = false});
    int whole = 0;
    for (int i = 0; i < 10; ++i) {
      loop.backend().wake();
      loop.turn(10s);
      const TimePoint start = Clock::monotonic().now();
      loop.turn(2ms);
      whole += Clock::monotonic().now() - start >= 2ms;
    }
    EXPECT_GT(whole, 0);
  });
}

TEST(UringBackend, a_wake_ends_a_wait_every_time) {
  Harness loop;
  loop.backend().wake();
  loop.turn(5s);
  for (int i = 0; i < 50; ++i) {
    std::thread other([&, i] {
      if (i % 2 == 0) ::poll(nullptr, 0, 1);
      loop.backend().wake();
    });
    const TimePoint start = Clock::monotonic().now();
    loop.turn(5s);
    EXPECT_LT(Clock::monotonic().now() - start, 1s) << i;
    other.join();
  }
}

// Whether `fd` becomes readable soon after `act`, which another thread does while we poll.
template <class Act>
bool becomes_readable(int fd, Act&& act) {
  std::thread other([&act] {
    ::poll(nullptr, 0, 10);
    act();
  });
  const TimePoint start = Clock::monotonic().now();
  pollfd polled = {fd, POLLIN, 0};
  const bool readable = ::poll(&polled, 1, 5'000) == 1;
  // A poll that was not woken looks once more when its time is over, and finds it.
  const bool soon = Clock::monotonic().now() - start < 1s;
  other.join();
  return readable && soon;
}

TEST(UringBackend, a_host_that_polls_learns_of_bytes_and_wakes) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  const int fd = loop.backend().poll_fd();
  EXPECT_EQ(loop.backend().poll_fd(), fd);
  pollfd polled = {fd, POLLIN, 0};
  EXPECT_EQ(::poll(&polled, 1, 0), 1) << "the receive is still to be submitted";
  loop.settle();
  EXPECT_EQ(::poll(&polled, 1, 10), 0) << "nothing has happened";
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(becomes_readable(fd, [&] { write_text(pair.peer, "x"); }));
    loop.turn();
    ASSERT_EQ(receive.runs, 1);
    EXPECT_EQ(receive.take_text(), "x");
    receive.runs = 0;
    loop.begin(receive);
    loop.settle();
    EXPECT_EQ(::poll(&polled, 1, 0), 0) << "a host would spin";
  }
  EXPECT_TRUE(becomes_readable(fd, [&] { loop.backend().wake(); }));
  // The kernel's own word of the wake comes after a grace period, on a busy machine late; then it
  // costs the host a turn that finds nothing, but only one.
  const auto quiet = [&] {
    loop.settle();
    return ::poll(&polled, 1, 0) == 0;
  };
  EXPECT_TRUE(quiet() || quiet()) << "a host would spin";
}

TEST(UringBackend, may_be_made_on_one_thread_and_run_on_another) {
  auto backend = open_backend({});
  ASSERT_TRUE(backend.ok()) << backend.status();
  const Pool::Owner pool = Pool::create();
  std::thread runner([&] {
    pool->bind_to_thread();
    SlotTable slots;
    (*backend)->attach(*pool, slots);
    Pair pair = connected_pair();
    Slot& stream = *slots.take(pair.ours.release());
    TestOp receive(OpCode::kReceive, &stream);
    EXPECT_EQ((*backend)->attempt(receive), Progress::kHeld);
    write_text(pair.peer, "x");
    OpQueue submitted;
    OpQueue completed;
    while (receive.state != OpState::kDone) {
      (*backend)->turn(submitted, completed, {.wait = 1s});
      while (ReadyNode* node = completed.pop_front()) node->run();
    }
    EXPECT_EQ(receive.take_text(), "x");
    EXPECT_EQ((*backend)->attempt(stream.closing), Progress::kQueue);
    submitted.push_back(stream.closing);
    while (slots.in_use() > 0) {
      (*backend)->turn(submitted, completed, {.wait = 1s});
      while (ReadyNode* node = completed.pop_front()) node->run();
    }
  });
  runner.join();
  pool->bind_to_thread();
  backend->reset();  // after the thread of the ring has ended
  EXPECT_EQ(pool->blocks_out(), 0u);
}

TEST(UringBackend, ends_with_streams_armed_and_leaves_nothing) {
  const int before = count_descriptors();
  {
    const Pool::Owner pool = Pool::create();
    SlotTable slots;
    auto backend = open_backend({});
    ASSERT_TRUE(backend.ok());
    (*backend)->attach(*pool, slots);
    std::vector<Pair> pairs;
    std::deque<TestOp> receives;
    for (int i = 0; i < 100; ++i) {
      pairs.push_back(connected_pair());
      Slot& slot = *slots.take(pairs.back().ours.number());
      EXPECT_EQ((*backend)->attempt(receives.emplace_back(OpCode::kReceive, &slot)),
                Progress::kHeld);
    }
    OpQueue submitted;
    OpQueue completed;
    (*backend)->turn(submitted, completed, {});
    for (Pair& pair : pairs) write_text(pair.peer, "late");
    const TimePoint start = Clock::monotonic().now();
    backend->reset();
    EXPECT_LT(Clock::monotonic().now() - start, 500ms);
    EXPECT_EQ(pool->blocks_out(), 0u);
    slots.for_each([&slots](Slot& slot) { slots.give_back(slot); });
  }
  EXPECT_EQ(count_descriptors(), before);
}

TEST(UringBackend, makes_no_worker_threads) {
  Harness loop;
  Listening listening = listen_on_loopback();
  Slot& listener = loop.adopt(std::move(listening.fd));
  listener.set(kSlotListener);
  TestOp accept(OpCode::kAccept, &listener);
  loop.begin(accept);
  const Fd peer = connect_to(listening.address);
  ASSERT_TRUE(loop.finish(accept));
  Fd ours(accept.descriptor);
  shrink_buffers(ours.number());
  Slot& stream = loop.adopt(std::move(ours));
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  const std::string text = pattern(1 << 20);
  TestOp send(OpCode::kSend, &stream);
  set_memory(send, text);
  send.flags = kOpAll;
  loop.begin(send);
  loop.turn(1ms);
  EXPECT_FALSE(has_worker_threads());
  std::thread reader([&] { read_text(peer, text.size()); });
  ASSERT_TRUE(loop.finish(send));
  reader.join();
  write_text(peer, "x");
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_FALSE(has_worker_threads());
}

// From here on this process gets `error` from one system call.
void deny(int call, int error) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {static_cast<unsigned short>(std::size(filter)), filter};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

// Says on standard error why there is no backend, and ends the process.
[[noreturn]] void tell_refusal(int call, int error) {
  deny(call, error);
  auto backend = open_backend({});
  std::cerr << (backend.ok() ? "not refused" : backend.status().ToString()) << std::endl;
  std::_Exit(0);
}

TEST(UringBackendDeathTest, a_refusal_names_the_call_the_errno_and_the_reason) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto ended = ::testing::ExitedWithCode(0);
  EXPECT_EXIT(tell_refusal(__NR_io_uring_setup, EPERM), ended, "io_uring_setup: EPERM: .*seccomp");
  EXPECT_EXIT(tell_refusal(__NR_io_uring_setup, ENOSYS), ended,
              "io_uring_setup: ENOSYS: the kernel has no io_uring");
  EXPECT_EXIT(tell_refusal(__NR_io_uring_setup, EINVAL), ended, "io_uring_setup: EINVAL: ");
  EXPECT_EXIT(tell_refusal(__NR_io_uring_enter, EPERM), ended, "io_uring_enter: EPERM: ");
  EXPECT_EXIT(tell_refusal(__NR_io_uring_register, EPERM), ended, "io_uring_register.*: EPERM: ");
}

TEST(UringBackendDeathTest, two_receives_at_once_are_misuse) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Harness loop;
        Pair pair = connected_pair();
        Slot& stream = loop.adopt(std::move(pair.ours));
        TestOp one(OpCode::kReceive, &stream);
        TestOp two(OpCode::kReceive, &stream);
        loop.begin(one);
        loop.begin(two);
      },
      "two receives .or accepts. at the same time");
}

TEST(UringBackendDeathTest, a_turn_on_another_thread_is_misuse) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Harness loop;
        std::thread other([&] { loop.turn(1ms); });
        other.join();
      },
      "another thread");
}

}  // namespace
}  // namespace rondo
