// SPDX-License-Identifier: MIT
// The io_uring backend alone, driven through the seam as a loop drives it, on TCP over loopback.
#include "kernel/uring/uring_backend.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring/ladder.h"
#include "rondo/base/fd.h"
#include "rondo/buffer/chunk.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

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

absl::StatusOr<std::unique_ptr<Backend>> open_backend(const UringOptions& options) {
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

Listening listen_on_loopback(int backlog = 128) {
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

Fd connect_to(const sockaddr_in& address) {
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

Pair connected_pair() {
  const Listening listening = listen_on_loopback();
  Fd peer = connect_to(listening.address);
  Fd ours(::accept4(listening.fd.number(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(ours.valid());
  return {std::move(ours), std::move(peer)};
}

void write_text(const Fd& fd, const std::string& text) {
  EXPECT_EQ(::send(fd.number(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

// Reads `size` bytes with plain calls, or fewer at the end of the stream.
std::string read_text(const Fd& fd, std::size_t size) {
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

void set_memory(TestOp& op, const std::string& bytes) {
  op.memory = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(bytes.data()));
  op.size = bytes.size();
}

void shrink_buffers(const Fd& fd) {
  const int size = 4096;
  ::setsockopt(fd.number(), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
  ::setsockopt(fd.number(), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

// The names of this process' threads; the kernel's workers are called iou-wrk-*.
bool has_worker_threads() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm") >> std::ws, name);
    if (name.starts_with("iou-wrk")) return true;
  }
  return false;
}

int count_descriptors() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

// ---- accept, connect ----

TEST(UringBackend, accepts_what_connects) {
  Harness loop;
  Listening listening = listen_on_loopback();
  Slot& listener = loop.adopt(std::move(listening.fd));
  listener.set(kSlotListener);
  for (int i = 0; i < 3; ++i) {
    TestOp accept(OpCode::kAccept, &listener);
    loop.begin(accept);
    const Fd peer = connect_to(listening.address);
    ASSERT_TRUE(loop.finish(accept));
    ASSERT_FALSE(accept.error) << accept.error.message();
    const Fd connection(accept.descriptor);
    EXPECT_NE(::fcntl(connection.number(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(::fcntl(connection.number(), F_GETFL) & O_NONBLOCK, 0);
  }
  EXPECT_LE(loop.counters().changes, 3u) << "an accept was armed more than once";
}

TEST(UringBackend, connections_that_nobody_asked_for_are_bounded_and_not_lost) {
  constexpr int kPeers = 200;
  Harness loop;
  Listening listening = listen_on_loopback(kPeers);
  Slot& listener = loop.adopt(std::move(listening.fd));
  listener.set(kSlotListener);
  TestOp first(OpCode::kAccept, &listener);
  loop.begin(first);
  std::vector<Fd> peers;
  for (int i = 0; i < kPeers; ++i) peers.push_back(connect_to(listening.address));
  ASSERT_TRUE(loop.finish(first));
  const Fd first_connection(first.descriptor);
  loop.settle();
  ASSERT_NE(listener.accepted, nullptr);
  EXPECT_GE(listener.accepted->size(), 64u);
  std::vector<Fd> connections;
  for (int i = 1; i < kPeers; ++i) {
    TestOp accept(OpCode::kAccept, &listener);
    loop.begin(accept);
    ASSERT_TRUE(loop.finish(accept)) << i;
    ASSERT_FALSE(accept.error);
    connections.emplace_back(accept.descriptor);
  }
}

TEST(UringBackend, accept_without_descriptors_fails_once_and_goes_on_later) {
  Harness loop;
  Listening listening = listen_on_loopback();
  Slot& listener = loop.adopt(std::move(listening.fd));
  listener.set(kSlotListener);
  const Fd peer = connect_to(listening.address);
  const Fd probe(::dup(0));
  rlimit before;
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none = {static_cast<rlim_t>(probe.number() + 1), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  TestOp refused(OpCode::kAccept, &listener);
  loop.begin(refused);
  const bool finished = loop.finish(refused);
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(finished);
  EXPECT_EQ(refused.error.number(), EMFILE);
  const std::uint64_t changes = loop.counters().changes;
  loop.settle();
  EXPECT_EQ(loop.counters().changes, changes) << "armed again without an accept";
  TestOp accept(OpCode::kAccept, &listener);
  loop.begin(accept);
  ASSERT_TRUE(loop.finish(accept));
  EXPECT_FALSE(accept.error);
  const Fd connection(accept.descriptor);
}

TEST(UringBackend, stop_during_accept_loses_no_connection) {
  Harness loop;
  Listening listening = listen_on_loopback();
  Slot& listener = loop.adopt(std::move(listening.fd));
  listener.set(kSlotListener);
  TestOp stopped(OpCode::kAccept, &listener);
  loop.begin(stopped);
  loop.turn();
  loop.stop(stopped);
  const Fd peer = connect_to(listening.address);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled));
  TestOp accept(OpCode::kAccept, &listener);
  loop.begin(accept);
  ASSERT_TRUE(loop.finish(accept));
  EXPECT_FALSE(accept.error);
  const Fd connection(accept.descriptor);
}

TEST(UringBackend, connects_and_is_refused) {
  Harness loop;
  Listening listening = listen_on_loopback();
  Slot& socket = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp connect(OpCode::kConnect, &socket);
  connect.address = reinterpret_cast<sockaddr*>(&listening.address);
  connect.size = sizeof(listening.address);
  loop.begin(connect);
  ASSERT_TRUE(loop.finish(connect));
  EXPECT_FALSE(connect.error) << connect.error.message();

  listening.fd = Fd();
  Slot& other = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp refused(OpCode::kConnect, &other);
  refused.address = reinterpret_cast<sockaddr*>(&listening.address);
  refused.size = sizeof(listening.address);
  loop.begin(refused);
  ASSERT_TRUE(loop.finish(refused));
  EXPECT_EQ(refused.error.number(), ECONNREFUSED);
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

TEST(UringBackend, close_while_connecting) {
  Harness loop;
  FullListener full;
  Slot& socket = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp connect(OpCode::kConnect, &socket);
  connect.address = reinterpret_cast<sockaddr*>(&full.listening.address);
  connect.size = sizeof(full.listening.address);
  loop.begin(connect);
  loop.turn();
  ASSERT_EQ(connect.runs, 0);
  loop.close(socket);
  ASSERT_TRUE(loop.finish(connect));
  EXPECT_TRUE(connect.error.is(Errc::closed)) << connect.error.message();
  EXPECT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
}

TEST(UringBackend, stop_and_retract_while_connecting) {
  Harness loop;
  FullListener full;
  const auto hang = [&](TestOp& connect) {
    connect.address = reinterpret_cast<sockaddr*>(&full.listening.address);
    connect.size = sizeof(full.listening.address);
    loop.begin(connect);
    loop.turn();
    ASSERT_EQ(connect.runs, 0);
  };
  Slot& first = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp stopped(OpCode::kConnect, &first);
  hang(stopped);
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled)) << stopped.error.message();

  Slot& second = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp retracted(OpCode::kConnect, &second);
  hang(retracted);
  loop.retract(retracted);
  EXPECT_EQ(second.in_flight, 0);
  EXPECT_EQ(second.writer, nullptr);
}

// ---- receive ----

TEST(UringBackend, receives_what_is_sent_and_then_the_end_for_ever) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  for (int i = 0; i < 3; ++i) {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    EXPECT_EQ(loop.turn(), 0);
    write_text(pair.peer, "word " + std::to_string(i));
    ASSERT_TRUE(loop.finish(receive));
    ASSERT_FALSE(receive.error);
    EXPECT_EQ(receive.take_text(), "word " + std::to_string(i));
  }
  EXPECT_LE(loop.counters().changes, 2u) << "a receive was armed more than once";
  pair.peer = Fd();
  for (int i = 0; i < 2; ++i) {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    ASSERT_TRUE(loop.finish(receive));
    EXPECT_TRUE(receive.error.is(Errc::end_of_stream));
  }
}

TEST(UringBackend, what_comes_before_it_is_asked_for_is_kept_in_order) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  write_text(pair.peer, "a");
  TestOp first(OpCode::kReceive, &stream);
  loop.begin(first);
  ASSERT_TRUE(loop.finish(first));
  EXPECT_EQ(first.take_text(), "a");
  for (char byte = 'b'; byte <= 'z'; ++byte) {
    write_text(pair.peer, std::string(1, byte));
    loop.turn(1ms);
  }
  loop.settle();
  EXPECT_EQ(stream.queued, 1u) << "small pieces take one block together";
  TestOp rest(OpCode::kReceive, &stream);
  loop.begin(rest);
  ASSERT_EQ(rest.runs, 1) << "what is there needs no turn";
  EXPECT_EQ(rest.take_text(), "bcdefghijklmnopqrstuvwxyz");
}

TEST(UringBackend, a_peer_that_nobody_listens_to_fills_a_bounded_queue) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp first(OpCode::kReceive, &stream);
  loop.begin(first);
  const std::string text = pattern(4 << 20);
  std::thread peer([&] {
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t count =
          ::send(pair.peer.number(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
  });
  ASSERT_TRUE(loop.finish(first));
  std::string got = first.take_text();
  EXPECT_TRUE(loop.turn_until([&] { return stream.in_flight == 0; }))
      << "the stream goes on although its queue is full";
  EXPECT_GE(stream.queued, 8u);
  // The kernel empties the socket in one go, so what it held comes on top of the bound.
  EXPECT_LE(stream.queued, 160u);
  while (got.size() < text.size()) {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    if (!loop.finish(receive) || receive.error) break;
    got += receive.take_text();
  }
  peer.join();
  EXPECT_TRUE(got == text);
}

TEST(UringBackend, read_takes_what_is_queued_and_leaves_the_rest) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  write_text(pair.peer, "one");
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_EQ(receive.take_text(), "one");
  const std::string big = pattern(30'000);
  write_text(pair.peer, big);
  loop.settle();
  std::string got;
  std::array<char, 7'000> memory;
  while (got.size() < big.size()) {
    TestOp read(OpCode::kRead, &stream);
    read.memory = reinterpret_cast<std::byte*>(memory.data());
    read.size = memory.size();
    loop.begin(read);
    ASSERT_EQ(read.runs, 1) << "what is there needs no turn";
    ASSERT_FALSE(read.error);
    got.append(memory.data(), read.done);
  }
  EXPECT_EQ(got, big);
  // The stream is armed, so the read waits for it, and a receive gets what the read has left.
  TestOp read(OpCode::kRead, &stream);
  read.memory = reinterpret_cast<std::byte*>(memory.data());
  read.size = 4;
  loop.begin(read);
  write_text(pair.peer, "next and rest");
  ASSERT_TRUE(loop.finish(read));
  EXPECT_EQ(std::string(memory.data(), read.done), "next");
  TestOp rest(OpCode::kReceive, &stream);
  loop.begin(rest);
  ASSERT_EQ(rest.runs, 1);
  EXPECT_EQ(rest.take_text(), " and rest");
}

TEST(UringBackend, read_alone_goes_straight_into_the_memory) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  std::array<char, 64> memory;
  const auto read_once = [&](TestOp& read) {
    read.memory = reinterpret_cast<std::byte*>(memory.data());
    read.size = memory.size();
    loop.begin(read);
    loop.turn();
  };
  TestOp read(OpCode::kRead, &stream);
  read_once(read);
  EXPECT_EQ(read.runs, 0);
  write_text(pair.peer, "straight");
  ASSERT_TRUE(loop.finish(read));
  EXPECT_EQ(std::string(memory.data(), read.done), "straight");
  EXPECT_FALSE(stream.has(kSlotArmed));
  ::shutdown(pair.peer.number(), SHUT_WR);
  for (int i = 0; i < 2; ++i) {
    TestOp end(OpCode::kRead, &stream);
    read_once(end);
    ASSERT_TRUE(loop.finish(end));
    EXPECT_TRUE(end.error.is(Errc::end_of_stream));
  }
}

TEST(UringBackend, a_million_single_bytes_come_in_order) {
  constexpr std::size_t kBytes = 200'000;
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  const std::string text = pattern(kBytes);
  std::thread peer([&] {
    for (char byte : text) ::send(pair.peer.number(), &byte, 1, MSG_NOSIGNAL);
  });
  std::string got;
  std::array<char, 100> memory;
  for (unsigned i = 0; got.size() < kBytes; ++i) {
    TestOp op(i % 3 == 0 ? OpCode::kRead : OpCode::kReceive, &stream);
    if (op.code == OpCode::kRead) {
      op.memory = reinterpret_cast<std::byte*>(memory.data());
      op.size = memory.size();
    }
    loop.begin(op);
    if (!loop.finish(op) || op.error) break;
    got += op.code == OpCode::kRead ? std::string(memory.data(), op.done) : op.take_text();
  }
  peer.join();
  EXPECT_TRUE(got == text);
}

TEST(UringBackend, a_reset_ends_the_stream_with_its_errno) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  loop.turn();
  const linger at_once = {1, 0};
  ::setsockopt(pair.peer.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  pair.peer = Fd();
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_EQ(receive.error.number(), ECONNRESET);
  TestOp again(OpCode::kReceive, &stream);
  loop.begin(again);
  EXPECT_EQ(again.error.number(), ECONNRESET);
}

TEST(UringBackend, stop_and_retract_during_receive_lose_nothing) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp stopped(OpCode::kReceive, &stream);
  loop.begin(stopped);
  loop.turn();
  write_text(pair.peer, "first ");
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled));
  TestOp retracted(OpCode::kReceive, &stream);
  if (stream.queued == 0) loop.turn(100ms);
  ASSERT_EQ(stream.queued, 1u);
  std::string got;
  {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    ASSERT_TRUE(loop.finish(receive));
    got = receive.take_text();
  }
  loop.begin(retracted);
  loop.retract(retracted);
  EXPECT_EQ(stream.reader, nullptr);
  write_text(pair.peer, "second");
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  ASSERT_TRUE(loop.finish(receive));
  ASSERT_FALSE(receive.error);
  EXPECT_EQ(got + receive.take_text(), "first second");
}

TEST(UringBackend, cancel_racing_completion_delivers_data_or_keeps_it) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  std::string got;
  std::string sent;
  char byte = 0;
  for (int i = 0; i < 500; ++i) {
    TestOp read(OpCode::kRead, &stream);
    read.memory = reinterpret_cast<std::byte*>(&byte);
    read.size = 1;
    loop.begin(read);
    if (i % 3 != 0) loop.turn();
    const std::string next(1, static_cast<char>('a' + i % 26));
    sent += next;
    write_text(pair.peer, next);
    if (i % 2 == 0) loop.turn();
    loop.stop(read);
    ASSERT_TRUE(loop.finish(read));
    if (read.error) {
      ASSERT_TRUE(read.error.is(Errc::canceled));
    } else {
      got += byte;
    }
    ASSERT_EQ(read.runs, 1);
  }
  while (got.size() < sent.size()) {
    TestOp read(OpCode::kRead, &stream);
    read.memory = reinterpret_cast<std::byte*>(&byte);
    read.size = 1;
    loop.begin(read);
    ASSERT_TRUE(loop.finish(read));
    got += byte;
  }
  EXPECT_EQ(got, sent);
}

TEST(UringBackend, retracted_read_that_had_bytes_breaks_the_stream) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  {
    auto memory = std::make_unique<std::array<char, 64>>();
    auto read = std::make_unique<TestOp>(OpCode::kRead, &stream);
    read->memory = reinterpret_cast<std::byte*>(memory->data());
    read->size = memory->size();
    loop.begin(*read);
    loop.turn();
    loop.retract(*read);
  }
  EXPECT_FALSE(stream.has(kSlotBroken)) << "nothing was lost yet";
  {
    auto memory = std::make_unique<std::array<char, 64>>();
    auto read = std::make_unique<TestOp>(OpCode::kRead, &stream);
    read->memory = reinterpret_cast<std::byte*>(memory->data());
    read->size = memory->size();
    loop.begin(*read);
    loop.turn();
    write_text(pair.peer, "lost");
    loop.retract(*read);
  }
  TestOp after(OpCode::kReceive, &stream);
  loop.begin(after);
  if (after.runs == 0) {
    // The cancel was quicker than the bytes: then they are all still there.
    ASSERT_TRUE(loop.finish(after));
    EXPECT_EQ(after.take_text(), "lost");
  } else {
    EXPECT_TRUE(after.error.is(Errc::broken));
  }
}

TEST(UringBackend, retract_keeps_other_completions_for_the_next_turn) {
  Harness loop;
  Pair one = connected_pair();
  Pair two = connected_pair();
  Slot& first = loop.adopt(std::move(one.ours));
  Slot& second = loop.adopt(std::move(two.ours));
  std::array<char, 16> memory;
  TestOp read(OpCode::kRead, &first);
  read.memory = reinterpret_cast<std::byte*>(memory.data());
  read.size = memory.size();
  loop.begin(read);
  TestOp receive(OpCode::kReceive, &second);
  loop.begin(receive);
  loop.turn();
  write_text(two.peer, "kept");
  ::poll(nullptr, 0, 2);
  loop.retract(read);
  EXPECT_EQ(receive.runs, 0) << "retract resumes nobody";
  pollfd polled = {loop.backend().poll_fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&polled, 1, 1000), 1) << "a host must learn that there is something";
  const TimePoint start = Clock::monotonic().now();
  loop.turn(2s);
  EXPECT_LT(Clock::monotonic().now() - start, 1s);
  ASSERT_EQ(receive.runs, 1);
  EXPECT_EQ(receive.take_text(), "kept");
}

// ---- send ----

TEST(UringBackend, sends_and_an_empty_send_is_done_at_once) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp empty(OpCode::kSend, &stream);
  loop.begin(empty);
  EXPECT_EQ(empty.runs, 1);
  EXPECT_FALSE(empty.error);
  const std::string text = "hello";
  TestOp send(OpCode::kSend, &stream);
  set_memory(send, text);
  loop.begin(send);
  ASSERT_TRUE(loop.finish(send));
  EXPECT_EQ(send.done, text.size());
  EXPECT_EQ(read_text(pair.peer, text.size()), text);
}

TEST(UringBackend, sends_all_to_a_slow_reader) {
  Harness loop;
  Pair pair = connected_pair();
  shrink_buffers(pair.ours);
  Slot& stream = loop.adopt(std::move(pair.ours));
  const std::string text = pattern(500'000);
  TestOp send(OpCode::kSend, &stream);
  set_memory(send, text);
  send.flags = kOpAll;
  loop.begin(send);
  loop.turn();
  EXPECT_EQ(send.runs, 0);
  std::string got;
  std::thread peer([&] { got = read_text(pair.peer, text.size()); });
  ASSERT_TRUE(loop.finish(send));
  peer.join();
  EXPECT_FALSE(send.error) << send.error.message();
  EXPECT_EQ(send.done, text.size());
  EXPECT_TRUE(got == text);
}

TEST(UringBackend, gathers_more_parts_than_one_call_takes) {
  Harness loop;
  Pair pair = connected_pair();
  shrink_buffers(pair.ours);
  Slot& stream = loop.adopt(std::move(pair.ours));
  const std::string text = pattern(2'500 * 200);
  std::vector<iovec> parts;
  for (std::size_t i = 0; i < 2'500; ++i) {
    parts.push_back({const_cast<char*>(text.data() + i * 200), 200});
    if (i % 7 == 0) parts.push_back({nullptr, 0});
  }
  TestOp send(OpCode::kSendGather, &stream);
  send.parts = parts.data();
  send.size = parts.size();
  send.flags = kOpAll;
  loop.begin(send);
  std::string got;
  std::thread peer([&] { got = read_text(pair.peer, text.size()); });
  ASSERT_TRUE(loop.finish(send));
  peer.join();
  EXPECT_FALSE(send.error) << send.error.message();
  EXPECT_EQ(send.done, text.size());
  EXPECT_TRUE(got == text);
}

TEST(UringBackend, a_gather_of_nothing_is_done_at_once) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  const std::array<iovec, 3> nothing = {};
  TestOp send(OpCode::kSendGather, &stream);
  send.parts = nothing.data();
  send.size = nothing.size();
  loop.begin(send);
  EXPECT_EQ(send.runs, 1);
  EXPECT_FALSE(send.error);
}

TEST(UringBackend, peer_resets_mid_send) {
  Harness loop;
  Pair pair = connected_pair();
  shrink_buffers(pair.ours);
  Slot& stream = loop.adopt(std::move(pair.ours));
  const std::string text = pattern(8 << 20);
  TestOp send(OpCode::kSend, &stream);
  set_memory(send, text);
  send.flags = kOpAll;
  loop.begin(send);
  loop.turn();
  EXPECT_EQ(send.runs, 0);
  const linger at_once = {1, 0};
  ::setsockopt(pair.peer.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  pair.peer = Fd();
  ASSERT_TRUE(loop.finish(send));
  EXPECT_TRUE(send.error.number() == ECONNRESET || send.error.number() == EPIPE)
      << send.error.message();
  EXPECT_GT(send.done, 0u);
  EXPECT_LT(send.done, text.size());
}

TEST(UringBackend, stop_and_retract_mid_send) {
  Harness loop;
  const std::string text = pattern(8 << 20);
  Pair one = connected_pair();
  shrink_buffers(one.ours);
  Slot& first = loop.adopt(std::move(one.ours));
  TestOp stopped(OpCode::kSend, &first);
  set_memory(stopped, text);
  stopped.flags = kOpAll;
  loop.begin(stopped);
  loop.turn();
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled)) << stopped.error.message();
  EXPECT_GT(stopped.done, 0u) << "what has gone is told";
  EXPECT_LT(stopped.done, text.size());

  Pair two = connected_pair();
  shrink_buffers(two.ours);
  Slot& second = loop.adopt(std::move(two.ours));
  TestOp retracted(OpCode::kSend, &second);
  set_memory(retracted, text);
  retracted.flags = kOpAll;
  loop.begin(retracted);
  loop.turn();
  loop.retract(retracted);
  EXPECT_EQ(second.in_flight, 0u);
  EXPECT_TRUE(second.has(kSlotBroken));
  TestOp after(OpCode::kSend, &second);
  set_memory(after, text);
  loop.begin(after);
  EXPECT_TRUE(after.error.is(Errc::broken));
}

TEST(UringBackend, half_close_lets_the_peer_see_the_end_and_receiving_goes_on) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp shutdown(OpCode::kShutdown, &stream);
  shutdown.how = SHUT_WR;
  loop.begin(shutdown);
  EXPECT_EQ(shutdown.runs, 1);
  EXPECT_FALSE(shutdown.error);
  EXPECT_EQ(read_text(pair.peer, 1), "");
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  write_text(pair.peer, "still here");
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_EQ(receive.take_text(), "still here");
}

// ---- buffers and completions run short ----

TEST(UringBackend, two_blocks_serve_fifty_connections) {
  constexpr int kConnections = 50;
  constexpr int kRounds = 20;
  Harness loop({}, {.block_bytes = 256, .max_blocks = 2});
  struct Client {
    Fd peer;
    Slot* slot;
    std::unique_ptr<TestOp> receive;
    std::string got;
  };
  std::deque<Client> clients;
  for (int i = 0; i < kConnections; ++i) {
    Pair pair = connected_pair();
    clients.push_back({std::move(pair.peer), &loop.adopt(std::move(pair.ours)), nullptr, ""});
  }
  for (Client& client : clients) {
    client.receive = std::make_unique<TestOp>(OpCode::kReceive, client.slot);
    loop.begin(*client.receive);
  }
  std::string expected;
  for (int round = 0; round < kRounds; ++round) {
    const std::string word = "round " + std::to_string(round) + "; ";
    expected += word;
    for (Client& client : clients) write_text(client.peer, word);
    const bool all_got = loop.turn_until([&] {
      bool all = true;
      for (Client& client : clients) {
        if (client.receive->runs > 0) {
          EXPECT_FALSE(client.receive->error) << client.receive->error.message();
          client.got += client.receive->take_text();
          client.receive = std::make_unique<TestOp>(OpCode::kReceive, client.slot);
          loop.begin(*client.receive);
        }
        all = all && client.got == expected;
      }
      return all;
    });
    ASSERT_TRUE(all_got) << "somebody starved in round " << round;
  }
  EXPECT_GT(loop.counters().no_buffers, 0u);
  for (Client& client : clients) loop.close(*client.slot);
  loop.settle();
  for (Client& client : clients) EXPECT_TRUE(client.receive->error.is(Errc::closed));
}

TEST(UringBackend, stop_and_retract_while_starving) {
  Harness loop({}, {.block_bytes = 256, .max_blocks = 1});
  std::vector<Pair> pairs;
  std::vector<Slot*> slots;
  std::vector<std::unique_ptr<TestOp>> receives;
  for (int i = 0; i < 4; ++i) {
    pairs.push_back(connected_pair());
    slots.push_back(&loop.adopt(std::move(pairs.back().ours)));
    receives.push_back(std::make_unique<TestOp>(OpCode::kReceive, slots.back()));
    loop.begin(*receives.back());
  }
  for (Pair& pair : pairs) write_text(pair.peer, "text");
  ASSERT_TRUE(loop.finish(*receives[0]));
  loop.settle();
  // The first holds the only block; the others wait for it.
  for (int i = 1; i < 4; ++i) ASSERT_EQ(receives[i]->runs, 0);
  loop.stop(*receives[1]);
  ASSERT_TRUE(loop.finish(*receives[1]));
  EXPECT_TRUE(receives[1]->error.is(Errc::canceled));
  loop.retract(*receives[2]);
  EXPECT_EQ(slots[2]->reader, nullptr);
  EXPECT_EQ(receives[0]->take_text(), "text");
  ASSERT_TRUE(loop.finish(*receives[3]));
  EXPECT_EQ(receives[3]->take_text(), "text");
  TestOp again(OpCode::kReceive, slots[2]);
  loop.begin(again);
  ASSERT_TRUE(loop.finish(again));
  EXPECT_EQ(again.take_text(), "text");
}

TEST(UringBackend, a_block_returned_by_another_thread_wakes_the_starving) {
  Harness loop({}, {.block_bytes = 256, .max_blocks = 1});
  Pair one = connected_pair();
  Pair two = connected_pair();
  Slot& first = loop.adopt(std::move(one.ours));
  Slot& second = loop.adopt(std::move(two.ours));
  TestOp holder(OpCode::kReceive, &first);
  loop.begin(holder);
  write_text(one.peer, "held");
  ASSERT_TRUE(loop.finish(holder));
  TestOp starving(OpCode::kReceive, &second);
  loop.begin(starving);
  write_text(two.peer, "wanted");
  loop.settle();
  ASSERT_EQ(starving.runs, 0);
  std::thread other([&] {
    ::poll(nullptr, 0, 20);
    EXPECT_EQ(holder.take_text(), "held");
  });
  const TimePoint start = Clock::monotonic().now();
  while (starving.runs == 0 && Clock::monotonic().now() - start < 4s) loop.turn(2s);
  EXPECT_LT(Clock::monotonic().now() - start, 1s);
  other.join();
  ASSERT_EQ(starving.runs, 1);
  EXPECT_EQ(starving.take_text(), "wanted");
}

TEST(UringBackend, without_a_buffer_ring_a_receive_waits_for_a_block) {
  Harness loop({.buffer_ring = false}, {.block_bytes = 256, .max_blocks = 1});
  Pair one = connected_pair();
  Pair two = connected_pair();
  Slot& first = loop.adopt(std::move(one.ours));
  Slot& second = loop.adopt(std::move(two.ours));
  TestOp has_the_block(OpCode::kReceive, &first);
  TestOp starves(OpCode::kReceive, &second);
  loop.begin(has_the_block);
  loop.begin(starves);
  write_text(two.peer, "two");
  loop.settle();
  EXPECT_EQ(starves.runs, 0);
  EXPECT_EQ(loop.pool().blocks_out(), 1u);
  write_text(one.peer, "one");
  ASSERT_TRUE(loop.finish(has_the_block));
  EXPECT_EQ(has_the_block.take_text(), "one");
  ASSERT_TRUE(loop.finish(starves));
  EXPECT_EQ(starves.take_text(), "two");
}

TEST(UringBackend, without_a_buffer_ring_a_stopped_receive_loses_nothing) {
  Harness loop({.buffer_ring = false});
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp stopped(OpCode::kReceive, &stream);
  loop.begin(stopped);
  loop.settle();
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_EQ(stopped.error, Error(Errc::canceled));
  write_text(pair.peer, "late");
  loop.settle();
  TestOp next(OpCode::kReceive, &stream);
  loop.begin(next);
  ASSERT_TRUE(loop.finish(next));
  EXPECT_EQ(next.take_text(), "late");
}

TEST(UringBackend, lends_more_blocks_when_many_connections_are_busy) {
  constexpr int kConnections = 400;
  Harness loop({}, {.block_bytes = 256});
  std::vector<Pair> pairs;
  std::vector<Slot*> slots;
  std::deque<TestOp> receives;
  const auto receive_by_all = [&] {
    receives.clear();
    for (Slot* slot : slots) loop.begin(receives.emplace_back(OpCode::kReceive, slot));
    loop.turn();
    for (Pair& pair : pairs) write_text(pair.peer, "x");
    // The kernel completes twenty per call: reaping one of them lets it run out of blocks.
    for (int i = 0; i < 100; ++i) loop.turn({}, 1);
    return loop.turn_until([&] {
      for (TestOp& receive : receives) {
        if (receive.runs == 0) return false;
      }
      return true;
    });
  };
  for (int i = 0; i < kConnections; ++i) {
    pairs.push_back(connected_pair());
    slots.push_back(&loop.adopt(std::move(pairs.back().ours)));
  }
  ASSERT_TRUE(receive_by_all());
  EXPECT_GT(loop.counters().no_buffers, 0u);
  while (loop.counters().no_buffers < 1'000) {
    const std::uint64_t before = loop.counters().no_buffers;
    ASSERT_TRUE(receive_by_all());
    if (loop.counters().no_buffers == before) break;
  }
  const std::uint64_t before = loop.counters().no_buffers;
  ASSERT_TRUE(receive_by_all());
  EXPECT_EQ(loop.counters().no_buffers, before) << "as many blocks as busy connections are enough";
}

TEST(UringBackend, tiny_rings_overflow_and_lose_nothing) {
  constexpr int kConnections = 64;
  Harness loop({.submissions = 4, .completions = 8, .buffers = 256});
  std::vector<Pair> pairs;
  std::vector<Slot*> slots;
  std::vector<std::string> got(kConnections);
  std::deque<TestOp> receives;
  for (int i = 0; i < kConnections; ++i) {
    pairs.push_back(connected_pair());
    slots.push_back(&loop.adopt(std::move(pairs.back().ours)));
    loop.begin(receives.emplace_back(OpCode::kReceive, slots.back()));
  }
  loop.turn();
  std::string expected;
  for (int round = 0; round < 10; ++round) {
    expected += static_cast<char>('a' + round);
    for (Pair& pair : pairs) write_text(pair.peer, expected.substr(round));
    ASSERT_TRUE(loop.turn_until([&] {
      bool all = true;
      for (int i = 0; i < kConnections; ++i) {
        TestOp& receive = receives[i];
        if (receive.runs > 0) {
          got[i] += receive.take_text();
          receive.runs = 0;
          loop.begin(receive);
        }
        all = all && got[i] == expected;
      }
      return all;
    })) << "round "
        << round;
  }
  EXPECT_GT(loop.counters().overflows, 0u);
}

TEST(UringBackend, a_turn_reaps_no_more_than_it_is_told) {
  Harness loop;
  std::vector<Pair> pairs;
  std::deque<TestOp> receives;
  for (int i = 0; i < 10; ++i) {
    pairs.push_back(connected_pair());
    Slot& slot = loop.adopt(std::move(pairs.back().ours));
    loop.begin(receives.emplace_back(OpCode::kReceive, &slot));
  }
  loop.settle();
  for (Pair& pair : pairs) write_text(pair.peer, "x");
  ::poll(nullptr, 0, 5);
  EXPECT_EQ(loop.turn(1s, 4), 4);
  EXPECT_EQ(loop.turn(1s, 4), 4);
  EXPECT_EQ(loop.turn(1s, 4), 2);
}

// ---- close ----

TEST(UringBackend, close_with_receive_and_send_in_flight_and_the_number_reused_at_once) {
  Harness loop;
  const std::string text = pattern(4 << 20);
  for (int i = 0; i < 20; ++i) {
    Pair pair = connected_pair();
    shrink_buffers(pair.ours);
    const int number = pair.ours.number();
    Slot& stream = loop.adopt(std::move(pair.ours));
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    TestOp send(OpCode::kSend, &stream);
    set_memory(send, text);
    send.flags = kOpAll;
    loop.begin(send);
    loop.turn();
    loop.close(stream);
    TestOp late(OpCode::kReceive, &stream);
    loop.begin(late);
    EXPECT_TRUE(late.error.is(Errc::closed));
    ASSERT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
    EXPECT_EQ(receive.runs, 1);
    EXPECT_TRUE(receive.error.is(Errc::closed)) << receive.error.message();
    EXPECT_EQ(send.runs, 1);
    EXPECT_TRUE(send.error.is(Errc::closed)) << send.error.message();
    ASSERT_EQ(::fcntl(number, F_GETFD), -1) << "the descriptor is still open";

    Pair next = connected_pair();
    Slot& reused = loop.adopt(std::move(next.ours));
    TestOp fresh(OpCode::kReceive, &reused);
    loop.begin(fresh);
    loop.turn();
    pair.peer = Fd();
    write_text(next.peer, "fresh");
    ASSERT_TRUE(loop.finish(fresh));
    ASSERT_FALSE(fresh.error);
    EXPECT_EQ(fresh.take_text(), "fresh");
    loop.close(reused);
    ASSERT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
  }
}

TEST(UringBackend, close_during_read_of_a_greedy_peer_ends) {
  Harness loop;
  for (int i = 0; i < 10; ++i) {
    Pair pair = connected_pair();
    Slot& stream = loop.adopt(std::move(pair.ours));
    std::thread peer([&] {
      const std::string text = pattern(1 << 16);
      while (::send(pair.peer.number(), text.data(), text.size(), MSG_NOSIGNAL) > 0) {
      }
    });
    for (int k = 0; k < 50; ++k) {
      TestOp receive(OpCode::kReceive, &stream);
      loop.begin(receive);
      ASSERT_TRUE(loop.finish(receive));
    }
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    loop.close(stream);
    EXPECT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
    peer.join();
    EXPECT_EQ(receive.runs, 1);
  }
}

TEST(UringBackend, a_listener_closes_with_an_accept_under_way_and_connections_queued) {
  const int before = count_descriptors();
  {
    Harness loop;
    Listening listening = listen_on_loopback();
    Slot& listener = loop.adopt(std::move(listening.fd));
    listener.set(kSlotListener);
    TestOp first(OpCode::kAccept, &listener);
    loop.begin(first);
    std::vector<Fd> peers;
    for (int i = 0; i < 5; ++i) peers.push_back(connect_to(listening.address));
    ASSERT_TRUE(loop.finish(first));
    const Fd connection(first.descriptor);
    loop.settle();
    loop.close(listener);
    EXPECT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
    Listening other = listen_on_loopback();
    Slot& waiting = loop.adopt(std::move(other.fd));
    waiting.set(kSlotListener);
    TestOp accept(OpCode::kAccept, &waiting);
    loop.begin(accept);
    loop.turn();
    loop.close(waiting);
    ASSERT_TRUE(loop.finish(accept));
    EXPECT_TRUE(accept.error.is(Errc::closed));
  }
  EXPECT_EQ(count_descriptors(), before);
}

// ---- readiness of foreign descriptors ----

TEST(UringBackend, waits_for_readiness_of_a_pipe_again_and_again) {
  Harness loop;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  Slot& slot = *loop.slots().take(reader.number());
  slot.set(kSlotForeign);
  TestOp waiting(OpCode::kPoll, &slot);
  waiting.events = kPollIn;
  loop.begin(waiting);
  loop.turn();
  EXPECT_EQ(waiting.runs, 0);
  ASSERT_EQ(::write(writer.number(), "x", 1), 1);
  ASSERT_TRUE(loop.finish(waiting));
  EXPECT_NE(waiting.events & kPollIn, 0);
  for (int i = 0; i < 3; ++i) {
    TestOp again(OpCode::kPoll, &slot);
    again.events = kPollIn;
    loop.begin(again);
    ASSERT_TRUE(loop.finish(again)) << "still readable, so it must end again";
  }
  char byte;
  ASSERT_EQ(::read(reader.number(), &byte, 1), 1);
  TestOp stopped(OpCode::kPoll, &slot);
  stopped.events = kPollIn;
  loop.begin(stopped);
  loop.turn();
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled));
  TestOp retracted(OpCode::kPoll, &slot);
  retracted.events = kPollIn;
  loop.begin(retracted);
  loop.turn();
  loop.retract(retracted);
  loop.close(slot);
  EXPECT_EQ(loop.slots().in_use(), 0u);
  EXPECT_NE(::fcntl(reader.number(), F_GETFD), -1) << "a foreign descriptor stays open";
}

TEST(UringBackend, polls_regular_files_and_refuses_what_is_no_descriptor) {
  Harness loop;
  const Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  Slot& slot = *loop.slots().take(file.number());
  slot.set(kSlotForeign);
  TestOp ready(OpCode::kPoll, &slot);
  ready.events = kPollIn;
  loop.begin(ready);
  ASSERT_TRUE(loop.finish(ready));
  EXPECT_FALSE(ready.error) << ready.error.message();
  Slot& none = *loop.slots().take(9'999);
  none.set(kSlotForeign);
  TestOp refused(OpCode::kPoll, &none);
  refused.events = kPollIn;
  loop.begin(refused);
  ASSERT_TRUE(loop.finish(refused));
  EXPECT_EQ(refused.error.number(), EBADF);
}

// ---- waiting and waking ----

TEST(UringBackend, a_wait_ends_in_time_and_never_early) {
  Harness loop;
  loop.settle();
  for (Duration wait : {Duration(300us), Duration(7ms), Duration(20ms)}) {
    const TimePoint start = Clock::monotonic().now();
    loop.turn(wait);
    const Duration took = Clock::monotonic().now() - start;
    EXPECT_GE(took, wait);
    EXPECT_LT(took, wait + 20ms);
  }
}

// The timer of a long wait stays in the kernel; a shorter one replaces it, and neither spins.
TEST(UringBackend, without_the_enter_argument_waits_end_in_time_whatever_came_before) {
  Harness loop({.ext_arg = false});
  const auto wait_ends_after = [&loop](Duration wait) {
    const TimePoint start = Clock::monotonic().now();
    int turns = 0;
    while (Clock::monotonic().now() - start < wait) {
      loop.turn(wait - (Clock::monotonic().now() - start));
      ++turns;
    }
    EXPECT_LE(turns, 6) << "the turns do not wait";
    return Clock::monotonic().now() - start;
  };
  loop.backend().wake();
  loop.turn(10s);
  for (const Duration wait : {Duration(20ms), Duration(2ms), Duration(30ms)}) {
    EXPECT_LT(wait_ends_after(wait), wait + 5s);
  }
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
  loop.settle();
  EXPECT_EQ(::poll(&polled, 1, 0), 0);
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
  shrink_buffers(ours);
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
