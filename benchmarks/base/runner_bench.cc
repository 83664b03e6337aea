// SPDX-License-Identifier: MIT
// The ready queue: a node made ready and run.
#include "rondo/base/runner.h"

#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench_runner.h"

namespace rondo {
namespace {

struct Node final : ReadyNode {
  void run() noexcept override { benchmark::DoNotOptimize(++runs); }
  std::uint64_t runs = 0;
};

void run_ready_nodes(benchmark::State& state) {
  BenchRunner runner;
  std::vector<Node> nodes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (Node& node : nodes) runner.ready().push_back(node);
    runner.run_all();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(run_ready_nodes)->Name("ready/push and run")->Arg(1)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace rondo
