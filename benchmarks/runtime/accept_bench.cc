// SPDX-License-Identifier: MIT
// What it costs to bring a connection to the loop that serves it: accepted there (SO_REUSEPORT), or
// by a master and handed over. One client connects, asks, reads the answer and resets, over and
// over; `server_ns` is the processor time of all server threads for one such connection.
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "rondo/runtime/runtime.h"

namespace rondo {
namespace {

Task<> echo(TcpStream stream) {
  while (auto chunk = co_await stream.receive()) {
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
}

// The processor time of a loop's thread so far.
double thread_ns(Loop& loop) {
  std::promise<double> time;
  loop.post([&time] {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    time.set_value(static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec));
  });
  return time.get_future().get();
}

double server_ns(Runtime& runtime) {
  double sum = 0;
  for (std::size_t i = 0; i < runtime.masters(); ++i) sum += thread_ns(runtime.master(i));
  for (std::size_t i = 0; i < runtime.loops(); ++i) sum += thread_ns(runtime.loop(i));
  return sum;
}

// One whole connection; false when it failed.
bool visit(const Address& server) {
  const int fd = ::socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  char bytes[64] = {};
  const bool answered = ::connect(fd, server.data(), server.size()) == 0 &&
                        ::send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) == sizeof bytes &&
                        ::recv(fd, bytes, sizeof bytes, MSG_WAITALL) == sizeof bytes;
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(fd);
  return answered;
}

// Arguments: loops that serve, and clients that visit at the same time.
void accept_and_serve(benchmark::State& state, BackendKind backend, AcceptMode mode) {
  auto created = Runtime::create({.accept = mode,
                                  .workers = static_cast<std::size_t>(state.range(0)),
                                  .loop = {.backend = backend}});
  if (!created.ok()) {
    state.SkipWithError(std::string(created.status().message()).c_str());
    return;
  }
  Runtime& runtime = **created;
  const Address address = runtime.serve("127.0.0.1:0", echo)->address;
  std::thread running([&runtime] { runtime.run(); });
  const auto visits_each = 1600 / state.range(1);
  const double before = server_ns(runtime);
  for (auto _ : state) {
    std::vector<std::thread> clients;
    for (std::int64_t i = 0; i < state.range(1); ++i) {
      clients.emplace_back([&address, visits_each] {
        for (std::int64_t visits = 0; visits < visits_each; ++visits) visit(address);
      });
    }
    for (std::thread& client : clients) client.join();
  }
  const double used = server_ns(runtime) - before;
  const auto visits = static_cast<double>(state.iterations() * state.range(1) * visits_each);
  state.counters["server_ns"] = used / visits;
  state.counters["connections"] = benchmark::Counter(visits, benchmark::Counter::kIsRate);
  runtime.stop();
  runtime.stop();
  running.join();
}

// {loops that serve, clients}
void shapes(benchmark::internal::Benchmark* bench) {
  bench->Args({1, 1})->Args({2, 8})->Args({2, 64})->UseRealTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(accept_and_serve, epoll_reuseport, BackendKind::kEpoll, AcceptMode::kReusePort)
    ->Apply(shapes);
BENCHMARK_CAPTURE(accept_and_serve, epoll_handoff, BackendKind::kEpoll, AcceptMode::kHandOver)
    ->Apply(shapes);
BENCHMARK_CAPTURE(accept_and_serve, io_uring_reuseport, BackendKind::kIoUring,
                  AcceptMode::kReusePort)
    ->Apply(shapes);
BENCHMARK_CAPTURE(accept_and_serve, io_uring_handoff, BackendKind::kIoUring, AcceptMode::kHandOver)
    ->Apply(shapes);

}  // namespace
}  // namespace rondo
