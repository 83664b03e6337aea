// SPDX-License-Identifier: MIT
// A runtime on a thread of its own, for tests that are its clients.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "support/backends.h"
#include "support/descriptors.h"
#include "support/raw_peer.h"
#include "support/topologies.h"
#include "support/watchdog.h"

namespace rondo {

using namespace std::chrono_literals;  // NOLINT: this header is for tests only

// Sends back what comes until the stream ends.
inline Task<> echo_stream(SocketStream stream) {
  while (auto chunk = co_await stream.receive()) {
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
}

struct RuntimeCell {
  BackendCell backend;
  TopologyCell topology;

  RuntimeOptions options() const { return topology.options(backend.options()); }
};

inline std::vector<RuntimeCell> runtime_cells() {
  std::vector<RuntimeCell> all;
  for (const BackendCell& backend : main_backend_cells()) {
    for (const TopologyCell& topology : topology_cells()) all.push_back({backend, topology});
  }
  return all;
}

inline std::string name_of_runtime_cell(const testing::TestParamInfo<RuntimeCell>& info) {
  return std::string(info.param.backend.name) + "_" + info.param.topology.name;
}
inline void PrintTo(const RuntimeCell& cell, std::ostream* out) {
  *out << cell.backend.name << " in " << cell.topology.name;
}

// Everything that a runtime has opened is closed when the test ends.
class RuntimeSuite : public testing::TestWithParam<RuntimeCell> {
 protected:
  void SetUp() override { before_ = open_descriptors(); }
  void TearDown() override {
    EXPECT_EQ(open_descriptors(), before_) << "descriptors are left open, or missing";
  }

 private:
  std::map<int, std::string> before_;
};

// Starts with create, then serve, then run; ends with finish(), or when it goes.
class Server {
 public:
  explicit Server(RuntimeOptions options) {
    auto created = Runtime::create(std::move(options));
    EXPECT_TRUE(created.ok()) << created.status().message();
    if (created.ok()) runtime_ = std::move(*created);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    if (thread_.joinable()) finish();
  }

  Runtime& runtime() { return *runtime_; }

  template <class Handler>
  Service serve(Handler handler, const Address& address = loopback_port()) {
    auto service = runtime_->serve(address, std::move(handler));
    EXPECT_TRUE(service.ok()) << service.status().message();
    return service.ok() ? *service : Service{};
  }

  void run() {
    thread_ = std::thread([this] { report_ = runtime_->run(); });
  }

  // Asks for a drain and waits for its end.
  DrainReport finish() {
    runtime_->stop();
    return wait();
  }
  // Waits for the end that somebody else has asked for.
  DrainReport wait() {
    thread_.join();
    return report_;
  }
  // Gives everything back.
  void destroy() { runtime_.reset(); }

 private:
  std::unique_ptr<Runtime> runtime_;
  std::thread thread_;
  DrainReport report_;
};

// True when it comes to be within some seconds; for what other threads do.
template <class Condition>
bool comes_true(Condition condition, std::chrono::milliseconds within = 10s) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

// Sends `text` and expects it back.
inline void expect_echo(RawPeer& peer, const std::string& text) {
  peer.send(text);
  EXPECT_EQ(peer.receive(text.size()), text);
}

}  // namespace rondo
