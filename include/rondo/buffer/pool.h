// SPDX-License-Identifier: MIT
// The receive buffers of one loop.
//
//   slab:  | 17 KiB | 128 B | 17 KiB | 128 B | ...   data, mapped and untouched until used
//          | Block  | Block | ...                    descriptions, apart from the data
//
// 17 KiB: a 16 KiB message and slack, so that a short count tells an edge-triggered reader that the
// socket is empty without a second call. 128 B: so that equal offsets of neighbouring blocks do not
// fall into the same cache sets.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "rondo/base/clock.h"
#include "rondo/base/mpsc.h"
#include "rondo/base/sanitizer.h"
#include "rondo/buffer/block.h"

namespace rondo {

struct PoolOptions {
  std::size_t block_bytes = 17 * 1024;
  std::size_t max_blocks = 16384;  // reaching it makes receives wait until a block is free
};

// Blocks, last in first out, so that the hot one is used again. One thread takes and gives; other
// threads may give back only. Reaching max_blocks is not an error: take() answers nullptr and the
// backend keeps the receive waiting.
class Pool {
 public:
  struct Retire {
    void operator()(Pool* pool) const noexcept { pool->retire(); }
  };
  // Owner of a pool. When it goes, the memory stays until the last Chunk is gone, on any thread.
  using Owner = std::unique_ptr<Pool, Retire>;

  static Owner create(const PoolOptions& options = {});

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  std::size_t block_bytes() const noexcept { return options_.block_bytes; }
  std::size_t max_blocks() const noexcept { return options_.max_blocks; }

  // A free block, its content undefined; nullptr when max_blocks are out. Owner's thread.
  Block* take() noexcept {
    if (free_ == nullptr && !replenish()) [[unlikely]] {
      return nullptr;
    }
    Block* block = free_;
    free_ = block->next_mail;
    ++out_;
    unpoison(block->data, options_.block_bytes);
    return block;
  }

  // Any thread. From a foreign thread the block goes home by a lock-free queue; if somebody starves
  // for blocks, the loop is woken.
  void give_back(Block& block) noexcept;

  // Whether take() would give a block: used by a backend with starved streams.
  bool has_free() noexcept { return free_ != nullptr || replenish(); }
  // How long to wait at most, for a backend that would wait so long (for ever if negative): shorter
  // while somebody starves because the system had no memory, for nobody tells when it has.
  Duration patience(Duration wait) const noexcept {
    if (!lacks_memory_ || !starves_) return wait;
    constexpr Duration kLookAgain = std::chrono::milliseconds(10);
    return wait < Duration(0) ? kLookAgain : std::min(wait, kLookAgain);
  }

  // Makes the calling thread the owner (a loop may be built on one thread and run on another).
  void bind_to_thread() noexcept;

  // `wake` is called from foreign threads when they give a block back while starving is set.
  void on_foreign_return(void (*wake)(void*), void* argument) noexcept;
  // Owner's thread; costs nothing when it is so already.
  void set_starving(bool starving) noexcept {
    if (starving == starves_) return;
    starves_ = starving;
    starving_.store(starving, std::memory_order_relaxed);
    // Either every later look at returned_ sees a return, or the returning thread sees the flag.
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  std::size_t blocks_out() const noexcept { return out_; }  // taken and not yet back; exact here
  std::size_t blocks_total() const noexcept { return total_; }

 private:
  struct Slab;

  explicit Pool(const PoolOptions& options);
  ~Pool();

  void retire() noexcept;
  bool replenish() noexcept;
  void keep(Block& block) noexcept;
  void give_back_from_afar(Block& block) noexcept;
  bool collect_returned() noexcept;
  static std::unique_ptr<Slab> allocate_slab(std::size_t count, std::size_t stride) noexcept;
  bool grow() noexcept;

  const PoolOptions options_;
  // Only compared with one's own name, so any value that is another's will do: relaxed.
  std::atomic<const void*> owner_thread_;
  Block* free_ = nullptr;  // the hottest first, linked by next_mail
  std::size_t out_ = 0;
  std::size_t total_ = 0;
  bool lacks_memory_ = false;           // the last try to grow failed
  bool starves_ = false;                // as starving_
  std::int64_t foreign_collected_ = 0;  // came home from other threads, since the beginning
  std::unique_ptr<Slab> slabs_;

  // Written by foreign threads.
  MpscStack<Block> returned_;
  std::atomic<bool> starving_{false};
  std::mutex wake_mutex_;  // only while somebody starves: keeps the loop from going meanwhile
  void (*wake_)(void*) = nullptr;
  void* wake_argument_ = nullptr;
  // Blocks that outlived retire(), less those given back by foreign threads since the beginning:
  // negative until retire() adds what is out; whoever brings it to zero after that deletes the
  // pool.
  std::atomic<std::int64_t> balance_{0};
};

}  // namespace rondo
