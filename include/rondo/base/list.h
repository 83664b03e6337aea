// SPDX-License-Identifier: MIT
// An intrusive doubly linked list: nodes carry their own links, nothing is allocated.
//
//        List                 node              node
//      +--------+          +--------+        +--------+
//   +->| head_  |<-------->| links  |<------>| links  |<--+      a ring, so that a node leaves it
//   |  +--------+          +--------+        +--------+   |      without knowing its list
//   +-----------------------------------------------------+
#pragma once

#include <utility>

namespace rondo {

// The links of one membership. A type that can be in two lists at once derives from two of these
// with different tags. A node must not be destroyed while linked; `unlink` first.
template <class Tag = void>
class ListNode {
 public:
  ListNode() noexcept {}  // leaves previous_ as it is: one store less for each operation
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  bool linked() const noexcept { return next_ != nullptr; }

  // Leaves whatever list it is in; does nothing when it is in none.
  void unlink() noexcept {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = nullptr;
  }

 private:
  template <class, class>
  friend class List;  // the list is the only one that links nodes

  ListNode* previous_;        // means something only while linked
  ListNode* next_ = nullptr;  // nullptr while in no list
};

// A first-in-first-out list of T, which derives from ListNode<Tag>. Owns nothing. Not thread-safe.
template <class T, class Tag = void>
class List {
  using Node = ListNode<Tag>;

 public:
  List() noexcept { reset(); }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() { clear(); }

  bool empty() const noexcept { return head_.next_ == &head_; }
  T& front() noexcept { return *static_cast<T*>(head_.next_); }
  T& back() noexcept { return *static_cast<T*>(head_.previous_); }
  // The item after `item`, which is in this list; nullptr after the last.
  T* next(T& item) noexcept {
    Node* node = static_cast<Node&>(item).next_;
    return node == &head_ ? nullptr : static_cast<T*>(node);
  }

  void push_back(T& item) noexcept { insert(static_cast<Node&>(item), *head_.previous_, head_); }
  void push_front(T& item) noexcept { insert(static_cast<Node&>(item), head_, *head_.next_); }

  // The oldest item, or nullptr when empty.
  T* pop_front() noexcept {
    if (empty()) return nullptr;
    Node* node = head_.next_;
    Node* next = node->next_;
    head_.next_ = next;
    next->previous_ = &head_;
    node->next_ = nullptr;
    return static_cast<T*>(node);
  }

  // Moves everything in `source` to the end of this list, in order, in constant time.
  void take(List& source) noexcept {
    if (source.empty()) return;
    Node* first = source.head_.next_;
    Node* last = source.head_.previous_;
    source.reset();
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
  }

  // Unlinks every node.
  void clear() noexcept {
    while (pop_front() != nullptr) {
    }
  }

  // Calls `visit(T&)` for each item, oldest first; `visit` may unlink the item it is given.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (Node* node = head_.next_; node != &head_;) {
      Node* next = node->next_;
      visit(*static_cast<T*>(node));
      node = next;
    }
  }

 private:
  void reset() noexcept { head_.previous_ = head_.next_ = &head_; }

  static void insert(Node& node, Node& before, Node& after) noexcept {
    node.previous_ = &before;
    node.next_ = &after;
    before.next_ = &node;
    after.previous_ = &node;
  }

  Node head_;
};

}  // namespace rondo
