// SPDX-License-Identifier: MIT
// Receives while the system has no memory for the pool: they wait, without spinning, and go on when
// there is some.
#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/base/fd.h"
#include "rondo/kernel/control.h"
#include "support/usage.h"
#include "support/world.h"

namespace rondo {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// What the process has mapped.
std::size_t mapped_bytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                             &std::fclose);
  std::size_t pages = 0;
  EXPECT_EQ(std::fscanf(file.get(), "%zu", &pages), 1);
  return pages * 4096;
}

// While it lives no more than `more` can be mapped.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::size_t more) {
    EXPECT_EQ(::getrlimit(RLIMIT_AS, &before_), 0);
    rlimit lowered = before_;
    lowered.rlim_cur = mapped_bytes() + more;
    EXPECT_EQ(::setrlimit(RLIMIT_AS, &lowered), 0);
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  ~MemoryLimit() { EXPECT_EQ(::setrlimit(RLIMIT_AS, &before_), 0); }

 private:
  rlimit before_{};
};

class PoolMemoryTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void SetUp() override {
    limit_.emplace(64 * kMiB);
    LoopOptions options = GetParam().options();
    options.pool = {.block_bytes = 16 * kMiB, .max_blocks = 16};
    open(std::move(options));
    if (IsSkipped()) return;
    const bool blocks = loop().backend().blocking();
    auto pair =
        control::open_socket_pair(blocks ? BlockingMode::kBlocking : BlockingMode::kNonBlocking)
            .value();
    ours_ = std::move(pair.first);
    peer_.emplace(std::move(pair.second));
  }

  void TearDown() override {
    peer_.reset();
    World::TearDown();
  }

  SocketStream adopted() {
    auto socket = Socket::adopt(loop(), std::move(ours_));
    EXPECT_TRUE(socket);
    return SocketStream(std::move(*socket));
  }

  // What the peer has sent.
  Task<> receive() {
    SocketStream stream = adopted();
    auto chunk = co_await stream.receive();
    EXPECT_TRUE(chunk) << chunk.error().message();
    if (chunk) got_ = chunk->text();
  }

  std::optional<MemoryLimit> limit_;
  Fd ours_;
  std::optional<RawPeer> peer_;
  std::string got_;
};
RONDO_ON_EVERY_BACKEND(PoolMemoryTest);

TEST_P(PoolMemoryTest, a_receive_waits_without_spinning_until_there_is_memory) {
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn([this] { return receive(); });
      peer_->send("hello");
      const std::uint64_t before = here.turns();
      auto slept = co_await sleep(50ms);
      EXPECT_TRUE(slept);
      EXPECT_LE(here.turns() - before, kTurnsOfASleeper);
      EXPECT_EQ(got_, "");
      limit_.reset();
    };
    co_await with_scope(body);
  });
  EXPECT_EQ(got_, "hello");
}

// A host asks when to come again, since nothing makes poll_fd() readable.
TEST_P(PoolMemoryTest, a_host_is_told_to_look_again_until_there_is_memory) {
  loop().spawn([this] { return receive(); });
  peer_->send("hello");
  turn(20);
  EXPECT_EQ(got_, "");
  EXPECT_NE(loop().next_deadline(), TimePoint::min());
  EXPECT_LT(loop().next_deadline() - loop().now(), 1s);
  limit_.reset();
  turn_until([this] { return got_ == "hello"; });
  EXPECT_EQ(loop().next_deadline(), kNever);
}

TEST_P(PoolMemoryTest, a_host_need_not_look_again_when_the_receive_was_stopped) {
  SocketStream stream = adopted();
  std::optional<Error> end;
  loop().spawn([&]() -> Task<> {
    auto chunk = co_await with_timeout(20ms, stream.receive());
    end = chunk.error();
  });
  peer_->send("hello");
  turn_until([&] { return end.has_value(); });
  EXPECT_EQ(*end, Error(Errc::timed_out));
  turn();
  EXPECT_EQ(loop().next_deadline(), kNever);
}

TEST_P(PoolMemoryTest, a_host_need_not_look_again_when_the_stream_was_closed) {
  SocketStream stream = adopted();
  std::optional<Error> end;
  loop().spawn([&]() -> Task<> {
    auto chunk = co_await stream.receive();
    end = chunk.error();
  });
  peer_->send("hello");
  turn(20);
  EXPECT_NE(loop().next_deadline(), kNever);
  loop().spawn([&]() -> Task<> { co_await stream.close(); });
  turn_until([&] { return end.has_value(); });
  EXPECT_EQ(*end, Error(Errc::closed));
  turn();
  EXPECT_EQ(loop().next_deadline(), kNever);
}

}  // namespace
}  // namespace rondo
