// SPDX-License-Identifier: MIT
#include "alloc/counting.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

// glibc's own, under the names that it keeps for this (man 3 malloc_hook tells to interpose).
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace rondo {
namespace {

std::atomic<std::uint64_t> counted{0};

void count() noexcept { counted.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

std::uint64_t allocations() noexcept { return counted.load(std::memory_order_relaxed); }

}  // namespace rondo

extern "C" {

void* malloc(std::size_t size) noexcept {
  rondo::count();
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  rondo::count();
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
  rondo::count();
  return __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  rondo::count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  rondo::count();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

void* mmap(void* address, std::size_t size, int protection, int flags, int fd,
           off_t offset) noexcept {
  rondo::count();
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, size, protection, flags, fd, offset));
}
}
