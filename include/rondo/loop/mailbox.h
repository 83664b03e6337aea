// SPDX-License-Identifier: MIT
// What other threads have for a loop, and how they wake it when it sleeps.
//
//   producer:                                consumer, before it blocks:
//     push                                     prepare_to_sleep: empty -> asleep, else stay awake
//     if the push replaced `asleep`: wake      block until woken (or something else happens)
//                                              awake, drain
//
// Invariants
// - Whether mail is there and whether the consumer sleeps is one atomic variable (base/mpsc.h), so
//   a post either is seen by prepare_to_sleep or sees that it has to wake. No wake-up is lost, and
//   there is one wake at most per sleep, however many post meanwhile.
// - A post is over for the mailbox with the push, so a loop may end as soon as it has run the mail
//   that it was waiting for. The exception is the producer that wakes: it still needs the mailbox
//   and whatever it wakes. The consumer learns from awake() that there is one, and close() waits
//   for it: a few instructions and an eventfd write.
// - `wakes_` is released after the wake and acquired by close(); what close() is followed by (the
//   eventfd is closed, the mailbox freed) therefore comes after the wake.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "rondo/base/counter.h"
#include "rondo/base/mail.h"
#include "rondo/base/mpsc.h"
#include "rondo/base/ready.h"

namespace rondo {

// The consumer is the loop's thread, or whoever owns the loop while it is not running. Atomic is
// std::atomic, or a model's stand-in for it.
template <template <class> class Atomic>
class BasicMailbox {
 public:
  // Ends the consumer's wait, or else its next one; from any thread. Backend::wake, mostly.
  using Wake = void (*)(void* argument);

  BasicMailbox(Wake wake, void* argument) noexcept : wake_(wake), argument_(argument) {}
  BasicMailbox(const BasicMailbox&) = delete;
  BasicMailbox& operator=(const BasicMailbox&) = delete;
  // The mail that was not drained is forgotten; its owners keep it.
  ~BasicMailbox() { close(); }

  // Any thread; lock-free, no allocation. Mail of one producer arrives in order. False after
  // close(): the mail stays with the caller. `mail` must live until it has run.
  [[nodiscard]] bool post(Mail& mail) noexcept;

  // The rest is the consumer's.

  // Moves mail to the end of `ready`, oldest first, at most `bound`; returns how much. What is left
  // comes first the next time. Means awake().
  std::size_t drain(ReadyQueue& ready, std::size_t bound) noexcept;

  // Announces that the consumer is about to block, so that the next post wakes it. False when there
  // is mail: drain it instead. After close() there is nobody to be woken by.
  bool prepare_to_sleep() noexcept;

  // The consumer does not sleep (any more): posts need not wake it.
  void awake() noexcept;

  // Refuses later posts; what was posted before can still be drained. Waits for a producer that is
  // in the middle of a wake. Idempotent.
  void close() noexcept;

  bool closed() const noexcept { return closed_; }

  // Mail is there to be drained. Exact when nobody posts meanwhile.
  bool has_mail() const noexcept { return undelivered_ != nullptr || !posted_.empty(); }

  // Since the beginning; any thread. There are never more wakes than sleeps.
  std::uint64_t posts() const noexcept { return drained_; }  // mail drained
  std::uint64_t sleeps() const noexcept { return sleeps_; }  // prepare_to_sleep that said true
  std::uint64_t wakes() const noexcept { return wakes_.load(std::memory_order_relaxed); }

 private:
  const Wake wake_;
  void* const argument_;

  // Written by producers.
  MpscStack<Mail, Atomic> posted_;
  Atomic<std::uint64_t> wakes_{0};

  // The consumer's alone. On the producers' cache line all the same: a loop has one mailbox, and it
  // touches these where it touches `posted_`.
  Mail* undelivered_ = nullptr;  // taken, oldest first, linked by next_mail
  std::uint64_t wakes_due_ = 0;  // sleeps that a producer has ended, or is about to
  Counter drained_;
  Counter sleeps_;
  bool asleep_ = false;
  bool closed_ = false;
};

using Mailbox = BasicMailbox<std::atomic>;

template <template <class> class Atomic>
bool BasicMailbox<Atomic>::post(Mail& mail) noexcept {
  using Consumer = typename MpscStack<Mail, Atomic>::Consumer;
  const Consumer found = posted_.push(mail);
  if (found == Consumer::kAwake) return true;  // and nothing here is touched after the push
  if (found == Consumer::kClosed) return false;
  wake_(argument_);
  wakes_.fetch_add(1, std::memory_order_release);
  return true;
}

template <template <class> class Atomic>
std::size_t BasicMailbox<Atomic>::drain(ReadyQueue& ready, std::size_t bound) noexcept {
  awake();
  std::size_t count = 0;
  while (count < bound) {
    if (undelivered_ == nullptr) undelivered_ = posted_.take_all();
    if (undelivered_ == nullptr) break;
    Mail& mail = *undelivered_;
    undelivered_ = mail.next_mail;
    ready.push_back(mail);
    ++count;
  }
  drained_ += count;
  return count;
}

template <template <class> class Atomic>
bool BasicMailbox<Atomic>::prepare_to_sleep() noexcept {
  awake();
  if (undelivered_ != nullptr) return false;
  if (!closed_) {
    if (!posted_.try_sleep()) return false;
    asleep_ = true;
  }
  ++sleeps_;
  return true;
}

template <template <class> class Atomic>
void BasicMailbox<Atomic>::awake() noexcept {
  if (!asleep_) return;
  asleep_ = false;
  if (!posted_.awake()) ++wakes_due_;
}

template <template <class> class Atomic>
void BasicMailbox<Atomic>::close() noexcept {
  if (closed_) return;
  awake();
  closed_ = true;
  Mail** end = &undelivered_;
  while (*end != nullptr) end = &(*end)->next_mail;
  *end = posted_.close();
  while (wakes_.load(std::memory_order_acquire) != wakes_due_) std::this_thread::yield();
}

extern template class BasicMailbox<std::atomic>;

}  // namespace rondo
