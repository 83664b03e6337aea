// SPDX-License-Identifier: MIT
// A lock-free queue from many producers to one consumer, intrusive, first in first out per producer.
//
//   producers:  node.next = head; head = node       (compare-and-swap; a stack, newest first)
//   consumer:   take everything by one exchange, then turn it round
//
// Invariants
// - A node belongs to its producer before push, to the queue until the consumer has taken it, and
//   to the consumer afterwards. Nobody follows `next` of a node that somebody else still owns: the
//   consumer takes the whole stack at once, so there is no pop and therefore no ABA.
// - A producer that is descheduled between reading head and the swap blocks nobody: others push
//   over it, its swap fails and is repeated. (A queue that exchanges the tail and links afterwards
//   hides everything behind a producer that stalls in between.)
// - push is seq_cst because the sleep protocol of the mailbox above needs one total order of
//   {push, read of the sleeping flag} and {write of the flag, look at the queue}. take is acquire:
//   it pairs with the release half of push, so the producer's writes to the node are visible.
#pragma once

#include <atomic>

namespace rondo {

// T has a public member `T* next_mail`. Atomic is std::atomic, or a model's stand-in for it.
template <class T, template <class> class Atomic = std::atomic>
class MpscStack {
 public:
  MpscStack() = default;
  MpscStack(const MpscStack&) = delete;
  MpscStack& operator=(const MpscStack&) = delete;

  // Any thread. True when the queue was empty before.
  bool push(T& node) noexcept {
    T* head = head_.load(std::memory_order_relaxed);
    do {
      node.next_mail = head;
    } while (!head_.compare_exchange_weak(head, &node, std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
    return head == nullptr;
  }

  // Any thread; exact only for the consumer.
  bool empty() const noexcept { return head_.load(std::memory_order_seq_cst) == nullptr; }

  // The consumer: everything pushed so far, oldest first, linked by next_mail; nullptr when none.
  T* take_all() noexcept {
    T* newest = head_.exchange(nullptr, std::memory_order_acquire);
    T* oldest = nullptr;
    while (newest != nullptr) {
      T* older = newest->next_mail;
      newest->next_mail = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

 private:
  Atomic<T*> head_{nullptr};
};

}  // namespace rondo
