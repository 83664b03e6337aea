// SPDX-License-Identifier: MIT
#include "rondo/coro/frame_pool.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/base/sanitizer.h"
#include "rondo/coro/task.h"
#include "rondo/coro/when.h"
#include "support/test_runner.h"

// Counts what this whole test program allocates. Not under the sanitizers, which bring an operator
// new of their own (and AddressSanitizer makes the frame pool step aside).
#if defined(RONDO_ASAN) || defined(__SANITIZE_THREAD__)
#define RONDO_COUNTS 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RONDO_COUNTS 0
#endif
#endif
#ifndef RONDO_COUNTS
#define RONDO_COUNTS 1
#endif

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

#if RONDO_COUNTS
void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return ::operator new(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace rondo {
namespace {

struct Frame {
  void* memory;
  std::size_t size;
};

TEST(FramePool, gives_frames_of_every_size_aligned_and_apart) {
  std::vector<Frame> frames;
  for (std::size_t size = 1; size < 5000; size = size * 5 / 4 + 1) {
    for (int i = 0; i < 40; ++i) {
      void* memory = allocate_frame(size);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t), 0u);
      std::memset(memory, static_cast<int>(frames.size() % 251), size);
      frames.push_back({memory, size});
    }
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto* bytes = static_cast<const unsigned char*>(frames[i].memory);
    EXPECT_EQ(bytes[0], i % 251);
    EXPECT_EQ(bytes[frames[i].size - 1], i % 251);
    free_frame(frames[i].memory, frames[i].size);
  }
}

TEST(FramePool, uses_the_hot_frame_again) {
  if (kAddressSanitizer) return;  // which keeps freed memory away for a while, and that is right
  void* first = allocate_frame(200);
  free_frame(first, 200);
  void* second = allocate_frame(210);  // of the same class
  EXPECT_EQ(second, first);
  free_frame(second, 210);
}

TEST(FramePool, frames_freed_on_another_thread_come_home) {
  // Were they not to come home, each round would need a slab of 64 KiB more.
  std::set<std::uintptr_t> slabs;
  for (int round = 0; round < 50; ++round) {
    std::vector<void*> frames;
    for (int i = 0; i < 60; ++i) {
      frames.push_back(allocate_frame(1000));
      slabs.insert(reinterpret_cast<std::uintptr_t>(frames.back()) / (64 * 1024));
    }
    std::thread([&frames] {
      for (void* frame : frames) free_frame(frame, 1000);
    }).join();
  }
  if (!kAddressSanitizer) {
    EXPECT_LE(slabs.size(), 3u);
  }
}

TEST(FramePool, is_outlived_by_its_frames) {
  for (int round = 0; round < 20; ++round) {
    std::vector<void*> frames;
    std::thread([&frames] {
      for (int i = 0; i < 100; ++i) frames.push_back(allocate_frame(500));
    }).join();
    for (void* frame : frames) {
      std::memset(frame, 1, 500);
      free_frame(frame, 500);
    }
  }
}

TEST(FramePool, may_end_while_other_threads_give_frames_back) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<std::vector<void*>*> handed{nullptr};
    std::vector<void*> frames;
    std::thread owner([&] {
      for (int i = 0; i < 200; ++i) frames.push_back(allocate_frame(300));
      handed.store(&frames);
      handed.notify_one();
    });
    handed.wait(nullptr);
    for (void* frame : frames) free_frame(frame, 300);
    owner.join();
  }
}

Task<int> leaf(int value) {
  co_await yield();
  co_return value;
}

// What a connection does: children, scopes, races, all over again.
Task<> episode(int& total) {
  total += co_await leaf(1);
  co_await with_scope([&total](Scope& scope) -> Task<> {
    for (int i = 0; i < 3; ++i) {
      scope.spawn([](int& sum, int add) -> Task<> { sum += co_await leaf(add); }, std::ref(total),
                  i);
    }
    co_await scope.any_done();
  });
  auto both = co_await when_all(leaf(1), leaf(2));
  total += std::get<0>(both) + std::get<1>(both);
  auto either = co_await when_any(leaf(3), leaf(4));
  total += static_cast<int>(either.first);
}

TEST(FramePool, after_warm_up_tasks_and_scopes_allocate_nothing) {
  TestRunner runner;
  int total = 0;
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  runner.complete([&]() -> Task<> {
    co_await episode(total);
    before = allocations.load();
    for (int i = 0; i < 1000; ++i) co_await episode(total);
    after = allocations.load();
  });
  EXPECT_EQ(total, 1001 * 7);
  if (RONDO_COUNTS) {
    EXPECT_GT(before, 0u) << "nothing counts";
    EXPECT_EQ(after - before, 0u);
  }
}

}  // namespace
}  // namespace rondo
