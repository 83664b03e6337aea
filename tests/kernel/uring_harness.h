// SPDX-License-Identifier: MIT
// The io_uring backend alone, driven through the seam as a loop drives it, on TCP over loopback.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring/ladder.h"
#include "kernel/uring/uring_backend.h"
#include "rondo/base/fd.h"
#include "rondo/buffer/chunk.h"

namespace rondo {

using namespace std::chrono_literals;  // NOLINT: this header is for tests only

// An op that counts how often it has completed and been run. Like an awaiter it is retracted when
// it goes while it is held.
class TestOp final : public Op {
 public:
  using Op::Op;
  ~TestOp() {
    if (state == OpState::kHeld && backend != nullptr) backend->retract(*this);
    if (code == OpCode::kReceive && runs > 0 && !error && block != nullptr) {
      block->pool->give_back(*block);
    }
  }

  void run() noexcept override { ++runs; }

  // The received bytes, whose block goes back to the pool.
  std::string take_text() {
    const Chunk chunk(*block);
    block = nullptr;
    return std::string(chunk.text());
  }

  int runs = 0;
  Backend* backend = nullptr;  // set when it begins
};

inline absl::StatusOr<std::unique_ptr<Backend>> open_backend(const UringOptions& options) {
  auto standing = climb_uring(options);
  if (!standing.ok()) return standing.status();
  return UringBackend::create(standing->form, options);
}

// What a loop is to a backend.
class Harness {
 public:
  explicit Harness(const UringOptions& options = {}, const PoolOptions& pool_options = {})
      : pool_(Pool::create(pool_options)) {
    auto backend = open_backend(options);
    EXPECT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
    backend_->attach(*pool_, slots_);
    pool_->on_foreign_return([](void* self) { static_cast<Backend*>(self)->wake(); },
                             backend_.get());
  }
  ~Harness() {
    slots_.for_each([this](Slot& slot) { close(slot); });
    EXPECT_TRUE(turn_until([this] { return slots_.in_use() == 0; })) << "a slot does not close";
    const Pool* pool = pool_.get();
    backend_.reset();
    EXPECT_EQ(pool->blocks_out(), 0u) << "a block is lost";
  }

  Backend& backend() { return *backend_; }
  Pool& pool() { return *pool_; }
  SlotTable& slots() { return slots_; }
  const BackendCounters& counters() const { return backend_->counters(); }

  Slot& adopt(Fd fd) { return *slots_.take(fd.release()); }

  void begin(TestOp& op) {
    op.backend = backend_.get();
    begin_any(op);
  }
  void begin_any(Op& op) {
    switch (backend_->attempt(op)) {
      case Progress::kCompleted:
        op.run();
        break;
      case Progress::kHeld:
        EXPECT_EQ(op.state, OpState::kHeld);
        break;
      case Progress::kQueue:
        op.state = OpState::kQueued;
        submitted_.push_back(op);
        break;
      case Progress::kArmed:
        FAIL() << "io_uring arms nothing";
    }
  }
  void retract(TestOp& op) {
    backend_->retract(op);
    op.state = OpState::kIdle;
  }
  void stop(Op& op) {
    if (op.state != OpState::kHeld) return;
    op.flags |= kOpStop;
    submitted_.push_back(op);
  }
  void close(Slot& slot) {
    if (!slot.has(kSlotClosing)) begin_any(slot.closing);
  }

  // One turn, and everything that completed in it is run. Returns how many did.
  int turn(Duration wait = {}, std::size_t events = 1024) {
    OpQueue completed;
    backend_->turn(submitted_, completed, {.events = events, .wait = wait});
    int count = 0;
    while (ReadyNode* node = completed.pop_front()) {
      node->run();
      ++count;
    }
    return count;
  }
  // Turns until `done()`, which must come to be within seconds.
  template <class Done>
  bool turn_until(Done&& done) {
    const TimePoint start = Clock::monotonic().now();
    while (!done()) {
      if (Clock::monotonic().now() - start > 5s) return false;
      turn(100ms);
    }
    return true;
  }
  bool finish(TestOp& op) {
    return turn_until([&op] { return op.runs > 0; });
  }
  // Turns until nothing comes any more for a moment.
  void settle() {
    for (int quiet = 0; quiet < 3;) quiet = turn(2ms) == 0 ? quiet + 1 : 0;
  }

 private:
  Pool::Owner pool_;
  SlotTable slots_;
  std::unique_ptr<Backend> backend_;
  OpQueue submitted_;
};

struct Listening {
  Fd fd;
  sockaddr_in address;
};

inline Listening listen_on_loopback(int backlog = 128) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd.number(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::listen(fd.number(), backlog), 0);
  socklen_t size = sizeof(address);
  ::getsockname(fd.number(), reinterpret_cast<sockaddr*>(&address), &size);
  return {std::move(fd), address};
}

inline Fd connect_to(const sockaddr_in& address) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(fd.number(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
            0);
  return fd;
}

// A connection: `ours` for the backend, `peer` for plain calls.
struct Pair {
  Fd ours;
  Fd peer;
};

inline Pair connected_pair() {
  const Listening listening = listen_on_loopback();
  Fd peer = connect_to(listening.address);
  Fd ours(::accept4(listening.fd.number(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(ours.valid());
  return {std::move(ours), std::move(peer)};
}

inline void write_text(const Fd& fd, const std::string& text) {
  EXPECT_EQ(::send(fd.number(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

// Reads `size` bytes with plain calls, or fewer at the end of the stream.
inline std::string read_text(const Fd& fd, std::size_t size) {
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t count = ::recv(fd.number(), text.data() + got, size - got, 0);
    if (count <= 0) break;
    got += static_cast<std::size_t>(count);
  }
  text.resize(got);
  return text;
}

inline void set_memory(TestOp& op, std::span<char> memory) {
  op.memory = reinterpret_cast<std::byte*>(memory.data());
  op.size = memory.size();
}

inline void set_memory(TestOp& op, const std::string& bytes) {
  op.memory = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(bytes.data()));
  op.size = bytes.size();
}

inline void shrink_buffers(int fd) {
  const int size = 4096;
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

// The names of this process' threads; the kernel's workers are called iou-wrk-*.
inline bool has_worker_threads() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm") >> std::ws, name);
    if (name.starts_with("iou-wrk")) return true;
  }
  return false;
}

inline int count_descriptors() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

// A listener whose backlog is full, so that a connect to it hangs.
struct FullListener {
  Listening listening = listen_on_loopback(0);
  std::vector<Fd> fillers;

  FullListener() {
    for (int i = 0; i < 4; ++i) {
      fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(fillers.back().number(), reinterpret_cast<sockaddr*>(&listening.address),
                sizeof(listening.address));
    }
  }
};

}  // namespace rondo
