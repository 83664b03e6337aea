// SPDX-License-Identifier: MIT
#include "sim/programs.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/rondo.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is for tests only

Task<std::optional<std::pair<SocketStream, SocketStream>>> connected(Loop& loop) {
  auto listener = TcpListener::listen(loop, Endpoint::parse("127.0.0.1:0").value());
  if (!listener.ok()) co_return std::nullopt;
  const Endpoint address = listener->local_endpoint().value();
  auto both = co_await when_all(TcpStream::connect(address), listener->accept());
  if (!std::get<0>(both) || !std::get<1>(both)) co_return std::nullopt;
  co_return std::pair<SocketStream, SocketStream>(std::move(*std::get<0>(both)),
                                                  std::move(*std::get<1>(both)));
}

Task<> sends_pieces_to_a_slow_reader(ProgramLoops loops) {
  auto ends = co_await connected(loops.here);
  if (!ends) co_return;
  std::string piece(900, 'x');
  std::vector<iovec> pieces(4, {piece.data(), piece.size()});
  co_await with_scope([&](Scope& scope) -> Task<> {
    scope.spawn([&]() -> Task<> {
      auto sent = co_await ends->first.send_all(pieces);
      if (!sent) co_return;
      auto finished = co_await ends->first.shutdown(Direction::kSend);
      static_cast<void>(finished);
    });
    for (std::size_t got = 0; got < 4 * piece.size();) {
      auto slept = co_await sleep(1ms);
      if (!slept) co_return;
      auto chunk = co_await ends->second.receive();
      if (!chunk) co_return;
      got += chunk->size();
    }
  });
}

Task<> races_and_times_out(ProgramLoops loops) {
  auto ends = co_await connected(loops.here);
  if (!ends) co_return;
  auto late = co_await with_timeout(2ms, ends->first.receive());
  EXPECT_FALSE(late);
  auto first =
      co_await when_any(ends->second.receive(), sleep(1ms), wait_readable(ends->first.fd()));
  static_cast<void>(first);
  auto sent = co_await ends->first.send_all("after all");
  if (!sent) co_return;
  auto chunk = co_await with_timeout(1s, ends->second.receive());
  static_cast<void>(chunk);
}

Task<> closes_under_its_own_operations(ProgramLoops loops) {
  auto ends = co_await connected(loops.here);
  if (!ends) co_return;
  co_await with_scope([&](Scope& scope) -> Task<> {
    SocketStream& stream = ends->first;
    scope.spawn([&]() -> Task<> {
      auto chunk = co_await stream.receive();
      EXPECT_FALSE(chunk);
    });
    scope.spawn([&]() -> Task<> {
      const std::string much(10000, 'x');
      auto sent = co_await stream.send_all(much);
      EXPECT_FALSE(sent);
    });
    auto slept = co_await sleep(2ms);
    if (slept) co_await stream.close();
  });
}

Task<> goes_to_another_loop_and_back(ProgramLoops loops) {
  co_await switch_to(loops.there);
  auto slept = co_await sleep(1ms);
  co_await switch_to(loops.here);
  if (!slept) co_return;
  auto ends = co_await connected(loops.here);
  if (!ends) co_return;
  auto sent = co_await ends->first.send_all("x");
  static_cast<void>(sent);
}

Task<> moves_its_stream_to_another_loop(ProgramLoops loops) {
  auto ends = co_await connected(loops.here);
  if (!ends) co_return;
  SocketStream& stream = ends->first;
  auto sent = co_await ends->second.send_all("to whoever reads");
  if (!sent) co_return;
  auto moved = co_await stream.move_to(loops.there);
  if (moved) {
    auto chunk = co_await stream.receive();
    if (chunk) static_cast<void>(co_await stream.send_all(*chunk));
    co_await stream.close();
  }
  co_await switch_to(loops.here);
  auto answer = co_await ends->second.receive();
  EXPECT_TRUE(!answer || answer->size() > 0);
}

Task<> meets_refusals(ProgramLoops) {
  auto refused = co_await TcpStream::connect(Endpoint::parse("10.9.9.9:9").value());
  EXPECT_FALSE(refused);
  auto unreachable = co_await TcpStream::connect(Endpoint::parse("192.0.2.1:9").value());
  EXPECT_FALSE(unreachable);
  auto missing = co_await connect(Address::parse("unix:/nowhere").value());
  EXPECT_FALSE(missing);
}

Task<> resets(ProgramLoops loops) {
  auto ends = co_await connected(loops.here);
  if (!ends) co_return;
  auto sent = co_await ends->first.send_all("never read");
  if (!sent) co_return;
  auto readable = co_await wait_readable(ends->second.fd());
  if (!readable) co_return;
  co_await ends->second.close();
  auto chunk = co_await ends->first.receive();
  EXPECT_FALSE(chunk);
}

constexpr Program kPrograms[] = {
    {"sends_pieces_to_a_slow_reader", sends_pieces_to_a_slow_reader},
    {"races_and_times_out", races_and_times_out},
    {.name = "closes_under_its_own_operations",
     .run = closes_under_its_own_operations,
     .only_simulated = true},
    {.name = "goes_to_another_loop_and_back",
     .run = goes_to_another_loop_and_back,
     .travels = true},
    {.name = "moves_its_stream_to_another_loop",
     .run = moves_its_stream_to_another_loop,
     .travels = true},
    {.name = "meets_refusals", .run = meets_refusals, .only_simulated = true},
    {"resets", resets},
    {"hands_jobs_through_stages", hands_jobs_through_stages},
    {"takes_turns_with_locks", takes_turns_with_locks},
    {"starts_limits_and_cleans_up", starts_limits_and_cleans_up},
    {"selects_and_broadcasts", selects_and_broadcasts},
    {"shares_with_another_loop", shares_with_another_loop},
};

}  // namespace

std::span<const Program> all_programs() { return kPrograms; }

}  // namespace rondo
