// SPDX-License-Identifier: MIT
// Frames and loops that go while operations are under way.
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "rondo/kernel/control.h"
#include "support/stage.h"
#include "support/world.h"

namespace rondo {
namespace {

class DestructionTest : public TransportTest {
 protected:
  // Everything that a task can be suspended on.
  void set_stage() {
    run([&]() -> Task<> {
      Mixed ends = co_await connected_to_raw(64 << 10);
      stage_.emplace(any(), listen(), std::move(ends.stream), std::move(ends.peer));
    });
  }
  // A task in `scope` that is suspended in `kind` when this returns.
  void suspend(Scope& scope, Suspended kind) {
    scope.spawn([this, kind]() -> Task<> {
      static_cast<void>(co_await stage_->suspend_in(kind));
      ended_ = true;
    });
    turn();
    EXPECT_FALSE(ended_);
  }
  void TearDown() override {
    stage_.reset();
    TransportTest::TearDown();
  }

  std::optional<Stage> stage_;
  bool ended_ = false;
};
RONDO_ON_EVERY_CELL(DestructionTest);

// What one test below does in each kind of operation.
class DestructionInTest : public DestructionTest {
 protected:
  void expect_usable_or_broken(Suspended kind) {
    const bool tore_a_message = kind == Suspended::kSendAll || kind == Suspended::kGather;
    run([&]() -> Task<> {
      if (!tore_a_message) {
        co_await stage_->expect_works_after(kind);
        co_return;
      }
      auto sent = co_await stage_->stream.send_all("x");
      EXPECT_TRUE(sent.error().is(Errc::broken)) << sent.error().message();
      auto chunk = co_await stage_->stream.receive();
      EXPECT_TRUE(chunk.error().is(Errc::broken)) << chunk.error().message();
    });
  }
};
RONDO_ON_EVERY_CELL(DestructionInTest);

TEST_P(DestructionInTest, a_frame_goes_while_suspended_in_any_kind_of_operation) {
  for (Suspended kind : every_suspended()) {
    SCOPED_TRACE(name_of(kind));
    set_stage();
    {
      Scope scope(loop());
      suspend(scope, kind);
    }
    turn();
    expect_usable_or_broken(kind);
    EXPECT_FALSE(ended_) << "a destroyed task went on";
  }
}

// In the same turn as it was awaited: nothing has reached the kernel yet.
TEST_P(DestructionInTest, a_frame_goes_right_after_it_was_suspended) {
  for (Suspended kind : every_suspended()) {
    SCOPED_TRACE(name_of(kind));
    set_stage();
    std::optional<Scope> scope(std::in_place, loop());
    run([&]() -> Task<> {
      scope->spawn([&]() -> Task<> {
        static_cast<void>(co_await stage_->suspend_in(kind));
        ended_ = true;
      });
      co_await yield();
      scope.reset();
    });
    EXPECT_FALSE(ended_);
    if (kind == Suspended::kSendAll || kind == Suspended::kGather) continue;
    expect_usable_or_broken(kind);
  }
}

TEST_P(DestructionInTest, a_loop_goes_while_tasks_are_suspended_in_every_kind_of_operation) {
  for (Suspended kind : every_suspended()) {
    loop().spawn([this, kind]() -> Task<> {
      Mixed ends = co_await connected_to_raw(64 << 10);
      Stage stage(any(), listen(), std::move(ends.stream), std::move(ends.peer));
      static_cast<void>(co_await stage.suspend_in(kind));
      ended_ = true;
    });
  }
  turn(20);
  EXPECT_FALSE(ended_);
  destroy_loop();
  EXPECT_FALSE(ended_);
}

TEST_P(DestructionTest, a_loop_goes_that_has_never_turned) {
  loop().spawn([this]() -> Task<> {
    ended_ = true;
    co_return;
  });
  destroy_loop();
  EXPECT_FALSE(ended_);
}

TEST_P(DestructionTest, a_frame_goes_while_it_waits_for_a_close) {
  set_stage();
  const int number = stage_->stream.fd();
  {
    Scope scope(loop());
    scope.spawn(
        [&]() -> Task<> { static_cast<void>(co_await stage_->suspend_in(Suspended::kReceive)); });
    scope.spawn([&]() -> Task<> {
      co_await turns(2);
      co_await stage_->stream.close();
    });
    turn(1);
    turn_until([&] { return !stage_->stream.is_open(); });
  }
  turn_until([&] { return open_descriptors().count(number) == 0; });
  EXPECT_TRUE(stage_->peer.sees_end());
}

// For what knows in which order two events come.
class DestructionOrderTest : public DestructionTest {};
RONDO_ON_EVERY_KERNEL_CELL(DestructionOrderTest);

// Its result is there, but the frame goes before it is resumed. The bytes either stay for the next
// one who asks, or the stream says that it is broken; they are never lost in silence.
TEST_P(DestructionOrderTest, a_frame_goes_when_its_result_is_there_but_not_read) {
  // Its event comes first on every backend: its number is lower, its wait begins earlier, and so
  // does its readiness.
  auto first = control::open_socket_pair(BlockingMode::kBlocking).value();
  for (Suspended kind : {Suspended::kReceive, Suspended::kRead, Suspended::kWithTimeout}) {
    SCOPED_TRACE(name_of(kind));
    set_stage();
    std::optional<Scope> scope(std::in_place, loop());
    bool destroyed = false;
    loop().spawn([&]() -> Task<> {
      auto ready = co_await wait_readable(first.first.number());
      EXPECT_TRUE(ready);
      scope.reset();
      destroyed = true;
    });
    turn();
    suspend(*scope, kind);
    turn();
    char byte = 'x';
    EXPECT_EQ(::write(first.second.number(), &byte, 1), 1);
    stage_->peer.send("result");
    turn_until([&] { return destroyed; });
    EXPECT_EQ(::read(first.first.number(), &byte, 1), 1);
    EXPECT_FALSE(ended_);
    run([&]() -> Task<> {
      auto chunk = co_await stage_->stream.receive();
      if (chunk) {
        EXPECT_EQ(chunk->text(), "result");
      } else {
        EXPECT_TRUE(chunk.error().is(Errc::broken)) << chunk.error().message();
      }
    });
  }
}

TEST_P(DestructionTest, an_accepted_connection_that_nobody_took_is_closed_with_the_listener) {
  SocketListener listener = listen();
  const Address address = address_of(listener);
  std::vector<RawPeer> peers;
  {
    Scope scope(loop());
    scope.spawn([&]() -> Task<> { static_cast<void>(co_await listener.accept()); });
    turn();
    for (int i = 0; i < 10; ++i) peers.push_back(RawPeer::connect(address));
    loop().backend();
  }
  turn();
  { SocketListener gone = std::move(listener); }
  turn();
  for (RawPeer& peer : peers) EXPECT_TRUE(peer.sees_end());
}

// What the kernel still writes after the frame has gone would land in freed memory: bytes come in
// all the time while readers are destroyed.
TEST_P(DestructionTest, readers_are_destroyed_again_and_again_while_bytes_come_in) {
  const int rounds = scaled(300);
  for (int i = 0; i < rounds; ++i) {
    set_stage();
    std::optional<Scope> scope(std::in_place, loop());
    const Suspended kind = i % 2 == 0 ? Suspended::kRead : Suspended::kReceive;
    scope->spawn(
        [this, kind]() -> Task<> { static_cast<void>(co_await stage_->suspend_in(kind)); });
    turn(1 + i % 3);
    stage_->peer.send("just now");
    if (i % 4 == 0) turn(1);
    scope.reset();
    std::string got;
    Error failure;
    run([&]() -> Task<> {
      stage_->peer.send(" and later");
      stage_->peer.finish_sending();
      auto received = co_await receive_to_end(stage_->stream);
      got = received.bytes;
      failure = received.failure;
    });
    const bool whole = got == "just now and later" && !failure;
    const bool read_before = i % 4 == 0 && got == " and later" && !failure;
    EXPECT_TRUE(whole || read_before || failure.is(Errc::broken)) << i << ": " << got;
  }
}

}  // namespace
}  // namespace rondo
