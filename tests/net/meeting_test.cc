// SPDX-License-Identifier: MIT
// Two loops on different backends, each on a thread of its own, talk to each other.
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "support/backends.h"
#include "support/watchdog.h"
#include "support/world.h"

namespace rondo {
namespace {

using Meeting = std::tuple<BackendCell, BackendCell>;  // server, client

class MeetingTest : public testing::TestWithParam<Meeting> {
 protected:
  static std::unique_ptr<Loop> open(const BackendCell& cell) {
    auto loop = Loop::create(cell.options());
    EXPECT_TRUE(loop.ok()) << loop.status();
    return std::move(*loop);
  }
};
INSTANTIATE_TEST_SUITE_P(, MeetingTest,
                         testing::Combine(testing::ValuesIn(main_backend_cells()),
                                          testing::ValuesIn(main_backend_cells())),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param).name) + "_serves_" +
                                  std::get<1>(each.param).name;
                         });

TEST_P(MeetingTest, much_is_echoed_over_every_transport) {
  const Watchdog watchdog;
  const std::string message = pattern(static_cast<std::size_t>(scaled(1000000)));
  for (const TransportCell& transport : transport_cells()) {
    SCOPED_TRACE(transport.name);
    auto server = open(std::get<0>(GetParam()));
    auto client = open(std::get<1>(GetParam()));
    auto listener = listen(*server, transport.any);
    ASSERT_TRUE(listener.ok()) << listener.status();
    const Address address = address_of(*listener);
    server->spawn([taken = std::move(*listener)]() mutable -> Task<> {
      auto stream = co_await taken.accept();
      EXPECT_TRUE(stream);
      if (stream) co_await echo(std::move(*stream));
    });
    std::thread serving([&] { server->run(); });
    std::string got;
    client->spawn([&]() -> Task<> {
      auto stream = co_await connect(address);
      EXPECT_TRUE(stream);
      if (!stream) co_return;
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn([&]() -> Task<> {
          auto sent = co_await stream->send_all(message);
          EXPECT_TRUE(sent);
          auto finished = co_await stream->shutdown(Direction::kSend);
          EXPECT_TRUE(finished);
        });
        Received all = co_await receive_to_end(*stream);
        got = std::move(all.bytes);
      });
    });
    client->run();
    serving.join();
    EXPECT_TRUE(got == message) << got.size() << " bytes of " << message.size();
  }
}

}  // namespace
}  // namespace rondo
