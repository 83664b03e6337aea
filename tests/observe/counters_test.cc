// SPDX-License-Identifier: MIT
// What a loop says it has done, against what it was seen to do.
#include <atomic>
#include <future>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "rondo/loop/loop_counters.h"
#include "support/world.h"

namespace rondo {
namespace {

class CountersTest : public TransportTest {
 protected:
  // As of now: a turn makes known what was counted before its wait.
  Task<LoopCounters> counted() {
    co_await turns(2);
    co_return loop().counters();
  }

  // What closing a stream counts as after `use(stream, peer)`.
  template <class Use>
  void expect_close(CloseReason reason, Use use) {
    run([&]() -> Task<> {
      const LoopCounters before = co_await counted();
      {
        Mixed ends = co_await connected_to_raw();
        co_await use(ends.stream, ends.peer);
      }
      const LoopCounters after = co_await counted();
      for (const CloseReason each : kCloseReasons) {
        EXPECT_EQ(after.closed(each) - before.closed(each), each == reason ? 1u : 0u)
            << name_of(each);
      }
    });
  }
};
RONDO_ON_EVERY_CELL(CountersTest);

TEST_P(CountersTest, each_byte_counts_once_where_it_is_sent_and_once_where_it_is_received) {
  const std::string payload = pattern(static_cast<std::size_t>(scaled(3'000'000)));
  run([&]() -> Task<> {
    Ends ends = co_await connected();
    const LoopCounters before = co_await counted();
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        auto sent = co_await ends.client.send_all(payload);
        EXPECT_TRUE(sent);
        auto finished = co_await ends.client.shutdown(Direction::kSend);
        EXPECT_TRUE(finished);
      });
      const Received received = co_await receive_to_end(ends.server);
      EXPECT_EQ(received.bytes.size(), payload.size());
    });
    const LoopCounters after = co_await counted();
    EXPECT_EQ(after.bytes_sent - before.bytes_sent, payload.size());
    EXPECT_EQ(after.bytes_received - before.bytes_received, payload.size());
    EXPECT_GT(after.completions, before.completions);
    EXPECT_GT(after.turns, before.turns);
    EXPECT_GT(after.resumed, before.resumed);
  });
}

TEST_P(CountersTest, pieces_that_are_gathered_count_with_all_their_bytes) {
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    const LoopCounters before = co_await counted();
    std::string head(100, 'h');
    std::string body(1000, 'b');
    const iovec pieces[] = {{head.data(), head.size()}, {body.data(), body.size()}};
    auto sent = co_await ends.stream.send_all(pieces);
    EXPECT_TRUE(sent);
    const LoopCounters after = co_await counted();
    EXPECT_EQ(after.bytes_sent - before.bytes_sent, 1100u);
    EXPECT_EQ(ends.peer.receive(1100).size(), 1100u);
  });
}

TEST_P(CountersTest, a_close_on_this_side_is_local) {
  expect_close(CloseReason::kLocal, [](SocketStream& stream, RawPeer& peer) -> Task<> {
    peer.send("hello");
    const std::string got = co_await receive_exactly(stream, 5);
    EXPECT_EQ(got, "hello");
  });
}

TEST_P(CountersTest, a_close_after_the_end_of_the_stream_is_the_peers) {
  expect_close(CloseReason::kPeer, [](SocketStream& stream, RawPeer& peer) -> Task<> {
    peer.close();
    const Received received = co_await receive_to_end(stream);
    EXPECT_FALSE(received.failure);
  });
}

TEST_P(CountersTest, a_close_after_a_stop_is_canceled) {
  expect_close(CloseReason::kCanceled, [](SocketStream& stream, RawPeer&) -> Task<> {
    auto chunk = co_await with_timeout(1ms, stream.receive());
    EXPECT_FALSE(chunk);
  });
}

TEST_P(CountersTest, a_send_to_one_who_has_gone_ends_in_a_reset) {
  expect_close(CloseReason::kReset, [](SocketStream& stream, RawPeer& peer) -> Task<> {
    peer.close();
    for (;;) {
      auto sent = co_await stream.send_all(std::string_view("anybody there?"));
      if (!sent) break;
      co_await turns(1);
    }
  });
}

TEST_P(CountersTest, listeners_and_what_is_only_waited_on_do_not_count_as_closed_streams) {
  run([&]() -> Task<> {
    const LoopCounters before = co_await counted();
    { SocketListener listener = listen(); }
    const LoopCounters after = co_await counted();
    EXPECT_EQ(after.closes, before.closes);
  });
}

class LoopCountersTest : public BackendTest {};
RONDO_ON_EVERY_BACKEND(LoopCountersTest);

TEST_P(LoopCountersTest, timers_that_fired_and_mail_that_came_are_counted) {
  run([&]() -> Task<> {
    const LoopCounters before = loop().counters();
    for (int i = 0; i < 3; ++i) {
      auto slept = co_await sleep(1us);
      EXPECT_TRUE(slept);
    }
    EXPECT_EQ(loop().counters().timers - before.timers, 3u);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(loop().post([] {}));
    co_await turns(3);
    EXPECT_EQ(loop().counters().posts - before.posts, 4u);
  });
}

TEST_P(LoopCountersTest, a_loop_that_sleeps_makes_no_system_calls) {
  run([&]() -> Task<> {
    co_await turns(4);
    const LoopCounters before = loop().counters();
    auto slept = co_await sleep(30ms);
    EXPECT_TRUE(slept);
    const LoopCounters after = loop().counters();
    // The kernel takes down the rings of earlier tests, which interrupts this thread's waits some
    // ten times; a loop that spins makes 10^4.
    EXPECT_LE(after.system_calls - before.system_calls, 500u);
    EXPECT_LE(after.waits - before.waits, after.system_calls - before.system_calls);
  });
}

TEST_P(LoopCountersTest, any_thread_may_read_them_while_the_loop_runs) {
  std::atomic<bool> over{false};
  std::promise<void> has_read;
  std::thread reader([&] {
    LoopCounters last;
    for (int readings = 0; !over.load(); ++readings) {
      const LoopCounters now = loop().counters();
      EXPECT_GE(now.turns, last.turns);
      EXPECT_GE(now.system_calls, last.system_calls);
      EXPECT_GE(now.bytes_sent, last.bytes_sent);
      last = now;
      if (readings == 100) has_read.set_value();
      std::this_thread::yield();
    }
  });
  std::future<void> read = has_read.get_future();
  run([&]() -> Task<> {
    auto pair = MemoryStream::pair(loop()).value();
    while (read.wait_for(0s) != std::future_status::ready) {
      auto sent = co_await pair.first.send_all(std::string_view("x"));
      EXPECT_TRUE(sent);
      auto chunk = co_await pair.second.receive();
      EXPECT_TRUE(chunk);
    }
  });
  over = true;
  reader.join();
}

}  // namespace
}  // namespace rondo
