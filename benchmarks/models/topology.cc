// SPDX-License-Identifier: MIT
//
// Model: rondo's runtime in one of its topologies, with a handler that computes for a while before
// it answers. topology TOPOLOGY WORKERS WORK_US BACKEND PORT, where TOPOLOGY is
//
//   single      one loop does everything
//   pool        one loop, and WORKERS threads that compute
//   handoff     one loop accepts, WORKERS loops serve
//   reuseport   WORKERS loops accept and serve
#include <time.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rondo/runtime/offload.h"
#include "rondo/runtime/runtime.h"

namespace {

using namespace rondo;

// Takes that much processor time, however many threads share the core.
void compute(std::chrono::microseconds time) {
  const auto used = [] {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  };
  if (time.count() == 0) return;
  const auto end = used() + time;
  while (used() < end) {
  }
}

Task<> serve_here(TcpStream stream, std::chrono::microseconds work) {
  while (auto chunk = co_await stream.receive()) {
    compute(work);
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
}

Task<> serve_by_pool(TcpStream stream, WorkerPool& pool, std::chrono::microseconds work) {
  while (auto chunk = co_await stream.receive()) {
    auto computed = co_await offload(pool, [&] { compute(work); });
    if (!computed) break;
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
}

int fail(std::string_view why) {
  std::fprintf(stderr, "topology: %.*s\n", static_cast<int>(why.size()), why.data());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return fail("usage: TOPOLOGY WORKERS WORK_US BACKEND PORT");
  const std::string_view topology = argv[1];
  const std::chrono::microseconds work(std::atoi(argv[3]));
  const bool pooled = topology == "pool";
  RuntimeOptions options;
  options.topology = pooled                 ? Topology::kPool
                     : topology == "single" ? Topology::kSingle
                                            : Topology::kMasterSub;
  options.accept = topology == "reuseport" ? AcceptMode::kReusePort : AcceptMode::kHandOver;
  options.workers = static_cast<std::size_t>(std::atoi(argv[2]));
  const bool completion = std::string_view(argv[4]) == "io_uring";
  options.loop.backend = completion ? BackendKind::kIoUring : BackendKind::kEpoll;
  options.stop_on = {SIGTERM};
  auto created = Runtime::create(std::move(options));
  if (!created.ok()) return fail(std::string(created.status().message()));
  Runtime& runtime = **created;
  const std::string address = std::string("127.0.0.1:") + argv[5];
  const auto service =
      pooled ? runtime.serve(address,
                             [&runtime, work](TcpStream stream) {
                               return serve_by_pool(std::move(stream), runtime.pool(), work);
                             })
             : runtime.serve(address, [work](TcpStream stream) {
                 return serve_here(std::move(stream), work);
               });
  if (!service.ok()) return fail(std::string(service.status().message()));
  std::printf("listening on %s\n", service->address.to_string().c_str());
  std::fflush(stdout);
  runtime.run();
  return 0;
}
