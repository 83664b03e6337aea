// SPDX-License-Identifier: MIT
#include "support/world.h"

#include <poll.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>

namespace rondo {

Task<> turns(int count) {
  // In a simulated world what is under way arrives within a millisecond.
  Loop& loop = co_await this_loop();
  const bool simulated = loop.backend_choice().kind == BackendKind::kSim;
  for (int i = 0; i < count; ++i) {
    auto slept = co_await sleep(simulated ? 1ms : 0ms);
    if (!slept) co_await yield();
  }
}

std::string pattern(std::size_t size, std::size_t from) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t place = from + i;
    bytes[i] = static_cast<char>(place ^ (place >> 8) * 31 ^ (place >> 16) * 7);
  }
  return bytes;
}

namespace {

// Threads that the kernel has made for this process: io_uring does so for what would block.
int kernel_workers() {
  int workers = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(thread.path() / "comm");
    std::string name;
    std::getline(file, name);
    workers += name.starts_with("iou-wrk");
  }
  return workers;
}

}  // namespace

void World::begin(LoopOptions& options) {
  open_before_ = open_descriptors();
  watchdog_.emplace();
  options.on_exception = [this](std::exception_ptr failure) {
    try {
      std::rethrow_exception(std::move(failure));
    } catch (const std::exception& error) {
      escaped_.emplace_back(error.what());
    } catch (...) {
      escaped_.emplace_back("something that is no std::exception");
    }
  };
}

void World::open(LoopOptions options) {
  begin(options);
  loop_ = create(std::move(options));
  watchdog_->watch(loop_.get());
}

void World::open_in(const TopologyCell& topology, LoopOptions options, const Address& any) {
  begin(options);
  if (create(options) == nullptr) return;
  serving_.emplace(topology, std::move(options), any);
  watchdog_->watch(&serving_->loop());
}

std::unique_ptr<Loop> World::create(LoopOptions options) {
  if (options.backend == BackendKind::kSim) {
    // The suite's scenarios count on short messages arriving whole, as they do on loopback.
    simulated_ = std::make_unique<sim::World>(sim::Options{
        .least_segment_bytes = 4096, .most_segment_bytes = 65536, .short_count_in = 0});
    return simulated_->create_loop(std::move(options));
  }
  auto created = Loop::create(std::move(options));
  if (created.ok()) return std::move(*created);
  [&] { GTEST_SKIP() << created.status().message(); }();
  return nullptr;
}

void World::destroy_loop() {
  watchdog_->watch(nullptr);
  serving_.reset();
  loop_.reset();
}

void World::TearDown() {
  EXPECT_FALSE(watchdog_->has_barked()) << "the test took too long and was stopped";
  EXPECT_EQ(kernel_workers(), 0) << "socket work must not need threads of the kernel";
  destroy_loop();
  watchdog_.reset();
  for (const std::string& what : escaped_) ADD_FAILURE() << "an exception left a task: " << what;
  EXPECT_EQ(open_descriptors(), open_before_) << "descriptors are left open, or missing";
  if (simulated_ != nullptr) {
    EXPECT_EQ(simulated_->open_descriptors(), 0u) << "simulated descriptors are left open";
  }
}

void World::turn(int times) {
  for (int i = 0; i < times; ++i) {
    loop().run_once();
    if (simulated_ == nullptr) continue;
    const TimePoint latest = simulated_->now() + 1ms;
    while (simulated_->now() < latest && simulated_->step(latest)) {
    }
  }
}

void World::turn_until(const std::function<bool()>& done) {
  while (!done() && !watchdog_->has_barked()) {
    const RunOnce ran = loop().run_once();
    if (ran.more || done()) continue;
    if (simulated_ != nullptr) {
      simulated_->step();
      continue;
    }
    pollfd queue{.fd = loop().poll_fd(), .events = POLLIN, .revents = 0};
    ::poll(&queue, 1, 1);
  }
}

Address address_of(const SocketListener& listener) {
  return Address::local_of(listener.fd()).value();
}

void TransportTest::SetUp() {
  LoopOptions options = GetParam().backend.options();
  if (!GetParam().topology) return open(std::move(options));
  open_in(*GetParam().topology, std::move(options), any());
}

SocketListener TransportTest::listen(const ListenOptions& options) {
  auto listener = rondo::listen(loop(), any(), options);
  EXPECT_TRUE(listener.ok()) << listener.status().message();
  return std::move(*listener);
}

TcpListener TcpTest::listen(const ListenOptions& options) {
  auto listener = TcpListener::listen(loop(), any_port(), options);
  EXPECT_TRUE(listener.ok()) << listener.status().message();
  return std::move(*listener);
}

Task<Ends> TransportTest::connected() {
  if (serving_) {
    auto client = co_await connect(serving_->address());
    EXPECT_TRUE(client) << client.error().message();
    Ends served;
    served.client = std::move(*client);
    served.server = co_await serving_->accepted();
    co_return served;
  }
  SocketListener listener = listen();
  auto both = co_await when_all(connect(address_of(listener)), listener.accept());
  EXPECT_TRUE(std::get<0>(both)) << std::get<0>(both).error().message();
  EXPECT_TRUE(std::get<1>(both)) << std::get<1>(both).error().message();
  Ends ends;
  ends.client = std::move(*std::get<0>(both));
  ends.server = std::move(*std::get<1>(both));
  co_return ends;
}

Task<Mixed> TransportTest::connected_to_raw(int receive_buffer) {
  Mixed ends;
  if (serving_) {
    ends.peer = RawPeer::connect(serving_->address(), receive_buffer);
    ends.stream = co_await serving_->accepted();
    co_return ends;
  }
  SocketListener listener = listen();
  ends.peer = RawPeer::connect(address_of(listener), receive_buffer);
  auto stream = co_await listener.accept();
  EXPECT_TRUE(stream) << stream.error().message();
  ends.stream = std::move(*stream);
  co_return ends;
}

}  // namespace rondo
