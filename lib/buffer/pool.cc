// SPDX-License-Identifier: MIT
#include "rondo/buffer/pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

#include "rondo/base/assert.h"
#include "rondo/base/thread.h"

namespace rondo {
namespace {

constexpr std::size_t kStagger = 128;
constexpr std::size_t kFirstSlabBlocks = 16;
constexpr std::size_t kLargestSlabBlocks = 1024;

}  // namespace

struct Pool::Slab {
  ~Slab() {
    if (memory == MAP_FAILED) return;
    unpoison(memory, bytes);
    ::munmap(memory, bytes);
  }

  std::size_t bytes = 0;
  void* memory = MAP_FAILED;
  std::unique_ptr<Block[]> blocks;
  std::unique_ptr<Slab> next;
};

// `count` blocks of `stride` bytes; nullptr when memory is out.
std::unique_ptr<Pool::Slab> Pool::allocate_slab(std::size_t count, std::size_t stride) noexcept {
  std::unique_ptr<Slab> slab(new (std::nothrow) Slab);
  if (slab == nullptr) return nullptr;
  slab->bytes = count * stride;
  slab->memory =
      ::mmap(nullptr, slab->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  slab->blocks.reset(new (std::nothrow) Block[count]);
  if (slab->memory == MAP_FAILED || slab->blocks == nullptr) return nullptr;
  auto* data = static_cast<std::byte*>(slab->memory);
  for (std::size_t i = 0; i < count; ++i) slab->blocks[i].data = data + i * stride;
  return slab;
}

Pool::Owner Pool::create(const PoolOptions& options) { return Owner(new Pool(options)); }

Pool::Pool(const PoolOptions& options) : options_(options), owner_thread_(current_thread()) {
  require(options.block_bytes >= 64 && options.block_bytes <= (1u << 30) && options.max_blocks > 0,
          "PoolOptions: block_bytes must be 64 B to 1 GiB and max_blocks at least 1");
}

Pool::~Pool() {
  collect_returned();
  while (slabs_ != nullptr) slabs_ = std::move(slabs_->next);  // one by one, not nested
}

void Pool::retire() noexcept {
  collect_returned();
  on_foreign_return(nullptr, nullptr);
  owner_thread_.store(
      nullptr, std::memory_order_relaxed);  // from here on every return counts as a foreign one
  const auto out = static_cast<std::int64_t>(out_);
  // Blocks returned from elsewhere were subtracted when they came, collected or not; what the owner
  // took and did not see again locally is `out` plus all of those.
  const std::int64_t outstanding = out + foreign_collected_;
  if (balance_.fetch_add(outstanding, std::memory_order_acq_rel) + outstanding == 0) delete this;
}

void Pool::bind_to_thread() noexcept {
  owner_thread_.store(current_thread(), std::memory_order_relaxed);
}

void Pool::on_foreign_return(void (*wake)(void*), void* argument) noexcept {
  const std::lock_guard lock(wake_mutex_);
  wake_ = wake;
  wake_argument_ = argument;
}

inline void Pool::keep(Block& block) noexcept {
  poison(block.data, options_.block_bytes);
  block.next_mail = free_;
  free_ = &block;
}

void Pool::give_back(Block& block) noexcept {
  if (current_thread() == owner_thread_.load(std::memory_order_relaxed)) [[likely]] {
    --out_;
    keep(block);
    return;
  }
  give_back_from_afar(block);
}

void Pool::give_back_from_afar(Block& block) noexcept {
  // The wake must come before the last touch: after the subtraction the pool may be gone.
  returned_.push(block);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // the other half is in set_starving
  if (starving_.load(std::memory_order_relaxed)) {
    const std::lock_guard lock(wake_mutex_);
    if (wake_ != nullptr) wake_(wake_argument_);
  }
  if (balance_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

// Makes free_ not empty; false when max_blocks are out, or memory is.
bool Pool::replenish() noexcept { return collect_returned() || grow(); }

bool Pool::collect_returned() noexcept {
  Block* block = returned_.take_all();
  const bool any = block != nullptr;
  while (block != nullptr) {
    Block* next = block->next_mail;
    --out_;
    ++foreign_collected_;
    keep(*block);
    block = next;
  }
  return any;
}

bool Pool::grow() noexcept {
  if (total_ == options_.max_blocks) return false;
  const std::size_t wanted = std::clamp(total_, kFirstSlabBlocks, kLargestSlabBlocks);
  const std::size_t count = std::min(wanted, options_.max_blocks - total_);
  std::unique_ptr<Slab> slab = allocate_slab(count, options_.block_bytes + kStagger);
  lacks_memory_ = slab == nullptr;
  if (lacks_memory_) return false;
  for (std::size_t i = count; i-- > 0;) {  // the first is kept last and taken first
    slab->blocks[i].pool = this;
    keep(slab->blocks[i]);
  }
  slab->next = std::move(slabs_);
  slabs_ = std::move(slab);
  total_ += count;
  return true;
}

}  // namespace rondo
