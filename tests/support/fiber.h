// SPDX-License-Identifier: MIT
// A stack of its own for a function, switched to and from by hand; sanitizers are told.
#pragma once

#include <sanitizer/common_interface_defs.h>
#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "rondo/base/sanitizer.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define RONDO_TSAN 1
#endif
#endif

namespace rondo {

// Runs `body` again and again: each resume() after its end begins anew. One thread.
class Fiber {
 public:
  explicit Fiber(std::function<void()> body) : body_(std::move(body)) {
    ::getcontext(&inner_);
    inner_.uc_stack.ss_sp = stack_.get();
    inner_.uc_stack.ss_size = kStackBytes;
    inner_.uc_link = nullptr;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    ::makecontext(&inner_, reinterpret_cast<void (*)()>(&Fiber::enter), 2,
                  static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
#ifdef RONDO_TSAN
    tsan_fiber_ = __tsan_create_fiber(0);
#endif
  }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber() {
#ifdef RONDO_TSAN
    __tsan_destroy_fiber(tsan_fiber_);
#endif
  }

  // From outside: goes on until the body suspends or ends.
  void resume() {
#ifdef RONDO_TSAN
    tsan_caller_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(tsan_fiber_, 0);
#endif
    void* fake = nullptr;
    start_switch(&fake, stack_.get(), kStackBytes);
    ::swapcontext(&outer_, &inner_);
    finish_switch(fake, nullptr, nullptr);
  }

  // From inside: back to whoever resumed.
  void suspend() {
#ifdef RONDO_TSAN
    __tsan_switch_to_fiber(tsan_caller_, 0);
#endif
    void* fake = nullptr;
    start_switch(&fake, outer_bottom_, outer_bytes_);
    ::swapcontext(&inner_, &outer_);
    finish_switch(fake, &outer_bottom_, &outer_bytes_);
  }

 private:
  static constexpr std::size_t kStackBytes = 256 * 1024;

  static void enter(unsigned high, unsigned low) {
    auto* self =
        reinterpret_cast<Fiber*>((static_cast<std::uintptr_t>(high) << 32) | low);  // NOLINT
    self->finish_switch(nullptr, &self->outer_bottom_, &self->outer_bytes_);
    for (;;) {
      self->body_();
      self->suspend();
    }
  }

  static void start_switch([[maybe_unused]] void** fake, [[maybe_unused]] const void* bottom,
                           [[maybe_unused]] std::size_t bytes) {
    if constexpr (kAddressSanitizer) __sanitizer_start_switch_fiber(fake, bottom, bytes);
  }
  static void finish_switch([[maybe_unused]] void* fake, [[maybe_unused]] const void** bottom,
                            [[maybe_unused]] std::size_t* bytes) {
    if constexpr (kAddressSanitizer) __sanitizer_finish_switch_fiber(fake, bottom, bytes);
  }

  std::function<void()> body_;
  std::unique_ptr<std::byte[]> stack_{new std::byte[kStackBytes]};
  ucontext_t inner_;
  ucontext_t outer_;
  const void* outer_bottom_ = nullptr;
  std::size_t outer_bytes_ = 0;
#ifdef RONDO_TSAN
  void* tsan_fiber_ = nullptr;
  void* tsan_caller_ = nullptr;
#endif
};

}  // namespace rondo
