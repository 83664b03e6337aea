// SPDX-License-Identifier: MIT
// The receive buffers of a loop.
#include "rondo/buffer/pool.h"

#include <vector>

#include <benchmark/benchmark.h>

namespace rondo {
namespace {

void take_and_give_back(benchmark::State& state) {
  const Pool::Owner pool = Pool::create();
  for (auto _ : state) {
    Block* block = pool->take();
    benchmark::DoNotOptimize(block);
    pool->give_back(*block);
  }
}
BENCHMARK(take_and_give_back)->Name("pool/take and give back");

void take_many(benchmark::State& state) {
  const Pool::Owner pool = Pool::create();
  std::vector<Block*> blocks(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (Block*& block : blocks) block = pool->take();
    for (Block* block : blocks) pool->give_back(*block);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(take_many)->Name("pool/take so many, give them back")->Arg(64)->Arg(1024);

}  // namespace
}  // namespace rondo
