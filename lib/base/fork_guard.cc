// SPDX-License-Identifier: MIT
#include "rondo/base/fork_guard.h"

#include <sys/mman.h>

#include <cstddef>

namespace rondo {
namespace {

constexpr std::size_t kBytes = 4096;  // the kernel rounds up to its pages

}  // namespace

ForkGuard::ForkGuard() noexcept {
  void* memory =
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  if (::madvise(memory, kBytes, MADV_WIPEONFORK) != 0) {
    ::munmap(memory, kBytes);
    return;
  }
  page_ = static_cast<unsigned char*>(memory);
  *page_ = 1;
}

ForkGuard::~ForkGuard() {
  if (page_ != nullptr) ::munmap(page_, kBytes);
}

}  // namespace rondo
