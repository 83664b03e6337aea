// SPDX-License-Identifier: MIT
#include "support/serving_loop.h"

#include <gtest/gtest.h>

namespace rondo {

ServingLoop::ServingLoop(const TopologyCell& topology, LoopOptions options, const Address& any) {
  auto created = Runtime::create(topology.options(std::move(options)));
  EXPECT_TRUE(created.ok()) << created.status();
  runtime_ = std::move(*created);
  auto service = runtime_->serve(any, [this](SocketStream stream) -> Task<> {
    auto kept = co_await arrivals_.send(std::move(stream));
    EXPECT_TRUE(kept);
  });
  EXPECT_TRUE(service.ok()) << service.status();
  address_ = service->address;
  thread_ = std::thread([this] { runtime_->run(); });
}

ServingLoop::~ServingLoop() {
  runtime_->stop();
  thread_.join();
}

Task<SocketStream> ServingLoop::accepted() {
  auto stream = co_await arrivals_.receive();
  EXPECT_TRUE(stream);
  co_return std::move(*stream);
}

void ServingLoop::drop_unasked() {
  while (auto stream = arrivals_.try_receive()) {
  }
}

}  // namespace rondo
