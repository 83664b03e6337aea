// SPDX-License-Identifier: MIT
// One end of a connection within the process, and the connection.
//
//   MemoryStream --> | MemoryEnd: inbox <------ put ---- | MemoryEnd | <-- MemoryStream
//                    |            ------- put ---> inbox |           |
//                    | waiting receiver, sender          | the same  |
//                    +------------- MemoryLink: one piece of memory -+
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "rondo/base/error.h"
#include "rondo/buffer/byte_ring.h"
#include "rondo/io/shutdown.h"
#include "rondo/loop/loop.h"

namespace rondo {

class MemoryLink;
class MemoryOperation;

// What the two streams of a pair know of each other. Used by their loop's thread only. Lives as
// long as the stream, or an operation that was made of it, does.
struct MemoryEnd {
  MemoryEnd(MemoryLink& owner, std::span<std::byte> room) noexcept : link(owner), inbox(room) {}

  MemoryEnd& peer() noexcept;
  Loop& loop() noexcept;

  // Why sending is over, if it is.
  Error cannot_send() noexcept;
  // Whether nothing more will come into the inbox.
  bool has_heard_all() noexcept;

  // Moves bytes and wakes who waits for them, or for the room. Gives how many.
  std::size_t put(std::span<const std::byte> bytes) noexcept;  // into the peer's inbox
  std::size_t take(std::span<std::byte> target) noexcept;      // out of the own one

  // What waits here is woken, or the peer's, to see that it is over.
  void shut(Direction direction) noexcept;
  // What waits here ends with Errc::closed. The stream has gone.
  void close() noexcept;

  MemoryLink& link;
  ByteRing inbox;                       // sent by the peer, not yet received
  MemoryOperation* receiver = nullptr;  // waits for bytes, or for a block to put them in
  MemoryOperation* sender = nullptr;    // waits for room in the peer's inbox
  bool closed = false;
  bool broken = false;           // bytes were lost: every later operation fails
  bool receiving_ended = false;  // by shutdown
  bool sending_ended = false;    // by shutdown
};

// Both ends and their inboxes. Goes with the last MemoryEndRef.
class MemoryLink {
 public:
  // nullptr when memory is out. `capacity` is of each inbox.
  static MemoryLink* create(Loop& loop, std::size_t capacity) noexcept;

  MemoryLink(const MemoryLink&) = delete;
  MemoryLink& operator=(const MemoryLink&) = delete;

  MemoryEnd& end(std::size_t index) noexcept { return ends_[index]; }
  MemoryEnd& other(const MemoryEnd& end) noexcept { return ends_[&end == &ends_[0] ? 1 : 0]; }
  Loop& loop() noexcept { return loop_; }

  void hold() noexcept { ++holders_; }
  void release() noexcept {
    if (--holders_ == 0) destroy();
  }

 private:
  MemoryLink(Loop& loop, std::span<std::byte> memory) noexcept;
  void destroy() noexcept;

  Loop& loop_;
  std::size_t holders_ = 0;
  std::array<MemoryEnd, 2> ends_;
};

// Keeps an end. Move-only; empty after a move.
class MemoryEndRef {
 public:
  MemoryEndRef() noexcept = default;
  explicit MemoryEndRef(MemoryEnd& end) noexcept : end_(&end) { end.link.hold(); }
  MemoryEndRef(MemoryEndRef&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
  MemoryEndRef& operator=(MemoryEndRef&& other) noexcept {
    MemoryEndRef taken(std::move(other));
    std::swap(end_, taken.end_);
    return *this;
  }
  ~MemoryEndRef() {
    if (end_ != nullptr) end_->link.release();
  }

  explicit operator bool() const noexcept { return end_ != nullptr; }
  MemoryEnd& operator*() const noexcept { return *end_; }
  MemoryEnd* operator->() const noexcept { return end_; }

 private:
  MemoryEnd* end_ = nullptr;
};

inline MemoryEnd& MemoryEnd::peer() noexcept { return link.other(*this); }
inline Loop& MemoryEnd::loop() noexcept { return link.loop(); }

}  // namespace rondo
