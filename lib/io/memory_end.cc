// SPDX-License-Identifier: MIT
#include "rondo/io/memory_end.h"

#include <cerrno>
#include <memory>
#include <new>

#include "rondo/io/memory_operation.h"

namespace rondo {
namespace {

void wake(MemoryOperation* waiting) noexcept {
  if (waiting != nullptr) waiting->wake();
}

void fail(MemoryOperation* waiting, Error error) noexcept {
  if (waiting != nullptr) waiting->fail(error);
}

}  // namespace

Error MemoryEnd::cannot_send() noexcept {
  const bool over = sending_ended || peer().closed || peer().receiving_ended;
  return over ? Error::from_errno(EPIPE) : Error();
}

bool MemoryEnd::has_heard_all() noexcept {
  return receiving_ended || peer().closed || peer().sending_ended;
}

std::size_t MemoryEnd::put(std::span<const std::byte> bytes) noexcept {
  const std::size_t count = peer().inbox.put(bytes);
  if (count == 0) return 0;
  loop().slots().count_sent(count);
  wake(peer().receiver);
  return count;
}

std::size_t MemoryEnd::take(std::span<std::byte> target) noexcept {
  const std::size_t count = inbox.take(target);
  loop().slots().bytes_moved += count;
  // Not for each byte: a sender that waits has more than a little to send.
  if (inbox.room() >= inbox.size()) wake(peer().sender);
  return count;
}

void MemoryEnd::shut(Direction direction) noexcept {
  if (direction != Direction::kReceive) {
    sending_ended = true;
    wake(sender);
    wake(peer().receiver);
  }
  if (direction != Direction::kSend) {
    receiving_ended = true;
    wake(receiver);
    wake(peer().sender);
  }
}

void MemoryEnd::close() noexcept {
  closed = true;
  fail(receiver, Errc::closed);
  fail(sender, Errc::closed);
  wake(peer().receiver);
  wake(peer().sender);
}

MemoryLink* MemoryLink::create(Loop& loop, std::size_t capacity) noexcept {
  const std::size_t size = sizeof(MemoryLink) + 2 * capacity;
  void* memory = ::operator new(size, std::nothrow);
  if (memory == nullptr) return nullptr;
  auto* inboxes = static_cast<std::byte*>(memory) + sizeof(MemoryLink);
  return new (memory) MemoryLink(loop, {inboxes, 2 * capacity});
}

MemoryLink::MemoryLink(Loop& loop, std::span<std::byte> memory) noexcept
    : loop_(loop),
      ends_{MemoryEnd(*this, memory.first(memory.size() / 2)),
            MemoryEnd(*this, memory.last(memory.size() / 2))} {}

void MemoryLink::destroy() noexcept {
  std::destroy_at(this);
  ::operator delete(this);
}

}  // namespace rondo
