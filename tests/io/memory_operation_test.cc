// SPDX-License-Identifier: MIT
// Operations of a pair that are stopped or destroyed, at every point of their life.
#include "rondo/io/memory_operation.h"

#include <array>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

enum class Kind { kReceive, kRead, kSend, kSendAll, kGather };
constexpr std::array kKinds = {Kind::kReceive, Kind::kRead, Kind::kSend, Kind::kSendAll,
                               Kind::kGather};

bool sends(Kind kind) { return kind != Kind::kReceive && kind != Kind::kRead; }
bool tears_a_message(Kind kind) { return kind == Kind::kSendAll || kind == Kind::kGather; }

class MemoryOperationTest : public BackendTest {
 protected:
  static constexpr std::size_t kCapacity = 10;

  // A pair of which `near` waits for ever in each operation: nothing comes, and send() finds the
  // buffer full. The others send more than it holds.
  void make(Kind kind) {
    auto made = MemoryStream::pair(loop(), {.capacity = kCapacity}).value();
    near_ = std::move(made.first);
    far_ = std::move(made.second);
    if (kind != Kind::kSend) return;
    run([&]() -> Task<> {
      auto sent = co_await near_.send_all(pattern(kCapacity));
      EXPECT_TRUE(sent);
    });
  }

  // Performs one operation; its memory is in this frame.
  Task<> perform(Kind kind) {
    std::array<std::byte, 32> room{};
    std::string message = pattern(kCapacity + 5);
    const std::array<iovec, 2> pieces{iovec{message.data(), 3}, iovec{message.data() + 3, 12}};
    switch (kind) {
      case Kind::kReceive: {
        auto chunk = co_await near_.receive();
        note(chunk.error(), chunk ? chunk->size() : 0);
        break;
      }
      case Kind::kRead: {
        auto count = co_await near_.read(room);
        note(count.error(), count ? *count : 0);
        break;
      }
      case Kind::kSend: {
        auto count = co_await near_.send(bytes_of(message));
        note(count.error(), count ? *count : 0);
        break;
      }
      case Kind::kSendAll: {
        auto sent = co_await near_.send_all(message);
        note(sent.error(), sent.bytes);
        break;
      }
      case Kind::kGather: {
        auto sent = co_await near_.send_all(std::span<const iovec>(pieces));
        note(sent.error(), sent.bytes);
        break;
      }
    }
  }
  void note(Error error, std::size_t bytes) {
    outcome_ = error;
    moved_ = bytes;
    ++ended_;
  }

  // What an operation waits for: bytes, or room.
  Task<> satisfy(Kind kind) {
    if (sends(kind)) {
      const std::string got = co_await receive_exactly(far_, kCapacity);
      EXPECT_EQ(got.size(), kCapacity);
    } else {
      auto sent = co_await far_.send_all("result");
      EXPECT_TRUE(sent);
    }
  }

  Task<> expect_works() {
    auto sent = co_await far_.send_all("ok");
    EXPECT_TRUE(sent) << sent.error().message();
    const std::string got = co_await receive_exactly(near_, 2);
    EXPECT_EQ(got, "ok");
  }
  Task<> expect_broken() {
    auto chunk = co_await near_.receive();
    EXPECT_TRUE(chunk.error().is(Errc::broken)) << chunk.error().message();
    auto sent = co_await near_.send_all("x");
    EXPECT_TRUE(sent.error().is(Errc::broken)) << sent.error().message();
    auto shut = co_await near_.shutdown(Direction::kSend);
    EXPECT_TRUE(shut.error().is(Errc::broken)) << shut.error().message();
    co_await near_.close();
    while (auto rest = co_await far_.receive()) {
    }
  }
  Task<> expect_works_or_broken(bool broken) {
    if (broken) {
      co_await expect_broken();
    } else {
      co_await expect_works();
    }
  }

  void TearDown() override {
    near_ = {};
    far_ = {};
    BackendTest::TearDown();
  }

  MemoryStream near_;
  MemoryStream far_;
  Error outcome_;
  std::size_t moved_ = 0;
  int ended_ = 0;
};
RONDO_ON_MAIN_BACKENDS(MemoryOperationTest);

TEST_P(MemoryOperationTest, a_stop_ends_each_kind_with_canceled_and_the_stream_goes_on) {
  for (Kind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    make(kind);
    run([&]() -> Task<> {
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn([&]() -> Task<> { co_await perform(kind); });
        co_await turns(3);
        EXPECT_EQ(scope.running(), 1u);
        scope.stop();
      });
      EXPECT_TRUE(outcome_.is(Errc::canceled)) << outcome_.message();
      EXPECT_EQ(moved_, tears_a_message(kind) ? kCapacity : 0u);
      co_await expect_works();
    });
  }
  EXPECT_EQ(ended_, static_cast<int>(kKinds.size()));
}

TEST_P(MemoryOperationTest, what_begins_after_a_stop_is_canceled_and_does_nothing) {
  for (Kind kind : kKinds) {
    make(kind);
    run([&]() -> Task<> {
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.stop();
        scope.spawn([&]() -> Task<> { co_await perform(kind); });
        scope.spawn([&]() -> Task<> {
          auto shut = co_await near_.shutdown(Direction::kBoth);
          EXPECT_TRUE(shut.error().is(Errc::canceled));
        });
        co_return;
      });
      EXPECT_TRUE(outcome_.is(Errc::canceled)) << outcome_.message();
      EXPECT_EQ(moved_, 0u);
      co_await expect_works();
    });
  }
}

// Woken, and then asked to stop, before its turn has come.
TEST_P(MemoryOperationTest, a_result_that_was_quicker_than_the_stop_is_delivered) {
  for (Kind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    make(kind);
    run([&]() -> Task<> {
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn([&]() -> Task<> { co_await perform(kind); });
        co_await turns(3);
        co_await satisfy(kind);
        scope.stop();
      });
      EXPECT_FALSE(outcome_) << outcome_.message();
      EXPECT_GT(moved_, 0u);
    });
  }
}

TEST_P(MemoryOperationTest, a_stop_right_after_a_wake_in_vain_ends_it) {
  make(Kind::kReceive);
  run([&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> { co_await perform(Kind::kSendAll); });
      co_await turns(3);
      // Room for some of the rest, not for all of it, and a stop.
      std::byte room[6];
      auto count = co_await far_.read(room);
      EXPECT_EQ(*count, 6u);
      scope.stop();
    });
    EXPECT_FALSE(outcome_) << "five bytes were missing, and six could go";
    EXPECT_EQ(moved_, kCapacity + 5);
    co_return;
  });
}

TEST_P(MemoryOperationTest, a_frame_goes_while_it_waits) {
  for (Kind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    make(kind);
    std::optional<Scope> scope(std::in_place, loop());
    scope->spawn([&]() -> Task<> { co_await perform(kind); });
    turn();
    scope.reset();
    run([&]() -> Task<> { co_await expect_works_or_broken(tears_a_message(kind)); });
  }
  EXPECT_EQ(ended_, 0) << "a destroyed task went on";
}

// Nothing has been taken for it yet, so nothing is lost but what send_all had sent before.
TEST_P(MemoryOperationTest, a_frame_goes_that_was_woken_and_has_not_run) {
  for (Kind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    make(kind);
    std::optional<Scope> scope(std::in_place, loop());
    scope->spawn([&]() -> Task<> { co_await perform(kind); });
    turn();
    run([&]() -> Task<> {
      co_await satisfy(kind);
      scope.reset();
      if (!sends(kind)) {
        const std::string got = co_await receive_exactly(near_, 6);
        EXPECT_EQ(got, "result");
      }
      co_await expect_works_or_broken(tears_a_message(kind));
    });
  }
  EXPECT_EQ(ended_, 0);
}

// It has its result, and stands behind others because it has had many at once.
TEST_P(MemoryOperationTest, a_frame_goes_whose_received_bytes_nobody_has_seen) {
  for (Kind kind : {Kind::kReceive, Kind::kRead}) {
    auto streams = MemoryStream::pair(loop()).value();
    near_ = std::move(streams.first);
    far_ = std::move(streams.second);
    turn();  // io_uring lends some to the kernel
    const std::size_t out = loop().pool().blocks_out();
    std::optional<Scope> scope(std::in_place, loop());
    ended_ = 0;
    run([&]() -> Task<> {
      auto sent = co_await far_.send_all(pattern(32 * (Runner::kInlineCompletions + 1)));
      EXPECT_TRUE(sent);
      scope->spawn([&]() -> Task<> {
        std::array<std::byte, 32> room{};
        for (int i = 0; i < Runner::kInlineCompletions; ++i) {
          auto count = co_await near_.read(room);
          EXPECT_TRUE(count);
        }
        co_await perform(kind);
      });
      co_await yield();
      scope.reset();
      EXPECT_EQ(ended_, 0);
      co_await expect_broken();
    });
    EXPECT_EQ(loop().pool().blocks_out(), out);
  }
}

}  // namespace
}  // namespace rondo
