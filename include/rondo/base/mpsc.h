// SPDX-License-Identifier: MIT
// A lock-free queue from many producers to one consumer, intrusive, first in first out per
// producer.
//
//   producers:  node.next = head; head = node       (compare-and-swap; a stack, newest first)
//   consumer:   take everything by one exchange, then turn it round
//
// `head` is the whole state. When there are no nodes it says what the consumer is:
//
//               push                          push: the producer wakes the consumer
//   kAwake ------------> nodes <------------------------------------ kAsleep
//     | ^---- take_all ----+                                            ^ |
//     +------------------------- try_sleep / awake -----------------------+
//   any ---- close ----> kClosed       (for good; push is refused)
//
// Invariants
// - A node belongs to its producer before push, to the queue until the consumer has taken it, and
//   to the consumer afterwards. Nobody follows `next` of a node that somebody else still owns: the
//   consumer takes the whole stack at once, so there is no pop and therefore no ABA.
// - A producer that is descheduled between reading head and the swap blocks nobody: others push
//   over it, its swap fails and is repeated. (A queue that exchanges the tail and links afterwards
//   hides everything behind a producer that stalls in between.)
// - A push that has succeeded touches the queue no more. So a consumer that has got the node may
//   end the queue at once. (A producer that is to wake it is the one exception; see the mailbox.)
// - No wake-up is lost: whether the consumer sleeps and whether there are nodes is one variable, so
//   try_sleep and push are ordered. Either push comes first and try_sleep fails, or push finds
//   kAsleep. It replaces it, so of all pushes exactly one does.
//
// Memory orders. There is one atomic variable, so its modification order is all that the above
// needs and nothing is seq_cst. push releases and take_all acquires: the consumer sees what the
// producer wrote to the node. It sees what all producers wrote though it reads only the last push,
// because every push is a read-modify-write and so continues the release sequences of those before
// it.
#pragma once

#include <atomic>
#include <cstdint>

namespace rondo {

// T has a public member `T* next_mail`. Atomic is std::atomic, or a model's stand-in for it.
template <class T, template <class> class Atomic = std::atomic>
class MpscStack {
 public:
  // What the consumer was when a push found it; kAwake stands for a queue that holds nodes too.
  enum class Consumer : std::uint8_t { kAwake, kAsleep, kClosed };

  MpscStack() = default;
  MpscStack(const MpscStack&) = delete;
  MpscStack& operator=(const MpscStack&) = delete;

  // Any thread. kAwake: done. kAsleep: done, and this call is the one that has to wake the
  // consumer. kClosed: refused; the node stays with the caller.
  Consumer push(T& node) noexcept {
    T* head = head_.load(std::memory_order_relaxed);
    do {
      if (head == closed()) return Consumer::kClosed;
      node.next_mail = head == asleep() ? nullptr : head;
    } while (!head_.compare_exchange_weak(head, &node, std::memory_order_release,
                                          std::memory_order_relaxed));
    return head == asleep() ? Consumer::kAsleep : Consumer::kAwake;
  }

  // Any thread; exact only for the consumer.
  bool empty() const noexcept { return !holds_nodes(head_.load(std::memory_order_relaxed)); }

  // The consumer: everything pushed so far, oldest first, linked by next_mail; nullptr when none.
  T* take_all() noexcept {
    // The look comes first because an exchange costs as much when there is nothing.
    if (empty()) return nullptr;
    return turn_round(head_.exchange(nullptr, std::memory_order_acquire));
  }

  // The consumer goes from awake to asleep; false, and awake, when there is something to take.
  bool try_sleep() noexcept {
    T* head = nullptr;
    return head_.compare_exchange_strong(head, asleep(), std::memory_order_relaxed,
                                         std::memory_order_relaxed);
  }

  // The consumer is awake again after a try_sleep that succeeded; false when a producer has pushed
  // meanwhile: that producer wakes, or has woken, it.
  bool awake() noexcept {
    T* head = asleep();
    return head_.compare_exchange_strong(head, nullptr, std::memory_order_relaxed,
                                         std::memory_order_relaxed);
  }

  // The consumer, awake: refuses what is pushed from now on, and takes what has been.
  T* close() noexcept {
    T* head = head_.exchange(closed(), std::memory_order_acquire);
    return holds_nodes(head) ? turn_round(head) : nullptr;
  }

 private:
  // Addresses that no node has.
  static T* asleep() noexcept { return reinterpret_cast<T*>(std::uintptr_t{1}); }
  static T* closed() noexcept { return reinterpret_cast<T*>(std::uintptr_t{2}); }
  static bool holds_nodes(T* head) noexcept {
    return head != nullptr && head != asleep() && head != closed();
  }

  static T* turn_round(T* newest) noexcept {
    T* oldest = nullptr;
    while (newest != nullptr) {
      T* older = newest->next_mail;
      newest->next_mail = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

  Atomic<T*> head_{nullptr};
};

}  // namespace rondo
