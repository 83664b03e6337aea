// SPDX-License-Identifier: MIT
// Which sanitizer there is; telling AddressSanitizer what pooled memory may be touched, which is
// nothing at all in other builds.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define RONDO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RONDO_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define RONDO_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RONDO_TSAN 1
#endif
#endif

#ifdef RONDO_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace rondo {

#ifdef RONDO_ASAN
inline constexpr bool kAddressSanitizer = true;
inline void poison(const void* memory, std::size_t bytes) noexcept {
  ASAN_POISON_MEMORY_REGION(memory, bytes);
}
inline void unpoison(const void* memory, std::size_t bytes) noexcept {
  ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
}
#else
inline constexpr bool kAddressSanitizer = false;
inline void poison(const void*, std::size_t) noexcept {}
inline void unpoison(const void*, std::size_t) noexcept {}
#endif

}  // namespace rondo
