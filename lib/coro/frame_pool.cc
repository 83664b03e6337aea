// SPDX-License-Identifier: MIT
#include "rondo/coro/frame_pool.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "rondo/base/assert.h"
#include "rondo/base/mpsc.h"
#include "rondo/base/sanitizer.h"

namespace rondo {
namespace {

//   slab (64 KiB, aligned to 64 KiB):  | Slab header | frame | frame | frame | ...
//
// The header is found by masking a frame's address, so a frame carries no header of its own.
// Under AddressSanitizer the pool steps aside, or it would hide every use after free.
constexpr std::size_t kSlabBytes = 64 * 1024;
constexpr std::size_t kClassBytes = 32;  // 64 would cost an idle connection 64 bytes more
constexpr std::size_t kLargestPooled = 2048;
constexpr std::size_t kClasses = kLargestPooled / kClassBytes;

struct FreeFrame {
  FreeFrame* next_mail = nullptr;
};

class FramePool {
 public:
  static FramePool* current();

  void* take(std::size_t size_class) {
    FreeFrame* frame = free_[size_class];
    if (frame == nullptr) [[unlikely]] {
      frame = refill(size_class);
    }
    free_[size_class] = frame->next_mail;
    ++taken_;
    return frame;
  }

  static void give_back(void* memory, std::size_t size_class) noexcept;

  // The owner thread ends: the pool stays until the last frame has come home.
  void abandon() noexcept {
    const std::int64_t taken = taken_;  // after the addition the pool may be gone
    if (balance_.fetch_add(taken, std::memory_order_acq_rel) + taken == 0) delete this;
  }

 private:
  struct alignas(64) Slab {
    FramePool* owner;
    Slab* next;
    std::uint32_t size_class;
  };

  ~FramePool() {
    while (slabs_ != nullptr) std::free(std::exchange(slabs_, slabs_->next));
  }

  FreeFrame* refill(std::size_t size_class);
  bool collect_returned() noexcept;

  static FramePool*& this_thread() noexcept;

  std::array<FreeFrame*, kClasses> free_{};
  Slab* slabs_ = nullptr;
  std::int64_t taken_ = 0;  // taken less given back by this thread

  // Written by other threads. The balance is less by one for each frame they gave back; abandon()
  // adds what this thread has not seen again, and whoever brings it to zero deletes the pool.
  MpscStack<FreeFrame> returned_;
  std::atomic<std::int64_t> balance_{0};
};

// Abandons the pool when its thread ends.
struct PoolOfThread {
  FramePool* pool = nullptr;
  ~PoolOfThread() {
    if (pool != nullptr) std::exchange(pool, nullptr)->abandon();
  }
};

// An accessor, so that no caller keeps the address of another thread's variable.
FramePool*& FramePool::this_thread() noexcept {
  static thread_local PoolOfThread mine;
  return mine.pool;
}

FramePool* FramePool::current() {
  FramePool*& pool = this_thread();
  if (pool == nullptr) pool = new FramePool;
  return pool;
}

void FramePool::give_back(void* memory, std::size_t size_class) noexcept {
  auto* slab =
      reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(memory) & ~(kSlabBytes - 1));
  FramePool* pool = slab->owner;
  auto* frame = new (memory) FreeFrame;
  if (pool == this_thread()) {
    frame->next_mail = pool->free_[size_class];
    pool->free_[size_class] = frame;
    --pool->taken_;
    return;
  }
  pool->returned_.push(*frame);
  if (pool->balance_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete pool;
}

FreeFrame* FramePool::refill(std::size_t size_class) {
  if (collect_returned() && free_[size_class] != nullptr) return free_[size_class];
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(kSlabBytes, kSlabBytes));
  require(memory != nullptr, "out of memory for coroutine frames");
  slabs_ = new (memory) Slab{this, slabs_, static_cast<std::uint32_t>(size_class)};
  const std::size_t frame_bytes = (size_class + 1) * kClassBytes;
  for (std::size_t at = kSlabBytes - frame_bytes; at >= sizeof(Slab); at -= frame_bytes) {
    auto* frame = new (memory + at) FreeFrame;
    frame->next_mail = free_[size_class];
    free_[size_class] = frame;
    if (at < frame_bytes) break;
  }
  return free_[size_class];
}

bool FramePool::collect_returned() noexcept {
  FreeFrame* frame = returned_.take_all();
  const bool any = frame != nullptr;
  while (frame != nullptr) {
    FreeFrame* next = frame->next_mail;
    const auto* slab =
        reinterpret_cast<const Slab*>(reinterpret_cast<std::uintptr_t>(frame) & ~(kSlabBytes - 1));
    frame->next_mail = free_[slab->size_class];
    free_[slab->size_class] = frame;
    frame = next;
  }
  return any;
}

}  // namespace

void* allocate_frame(std::size_t size) noexcept {
  if (kAddressSanitizer || size > kLargestPooled) {
    void* memory = ::operator new(size, std::nothrow);
    require(memory != nullptr, "out of memory for a coroutine frame");
    return memory;
  }
  return FramePool::current()->take((size - 1) / kClassBytes);
}

void free_frame(void* frame, std::size_t size) noexcept {
  if (kAddressSanitizer || size > kLargestPooled) {
    ::operator delete(frame);
    return;
  }
  FramePool::give_back(frame, (size - 1) / kClassBytes);
}

}  // namespace rondo
