// SPDX-License-Identifier: MIT
// Received bytes, in a buffer leased from the loop's pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "rondo/buffer/block.h"
#include "rondo/buffer/pool.h"

namespace rondo {

// What receive() gives: the bytes, and the buffer for as long as the Chunk lives. Move-only; the
// holder may change the bytes. May be moved to and destroyed on another thread: the buffer finds
// its way home. Hold few and not for long: a held chunk is a buffer that the loop cannot use.
class Chunk {
 public:
  Chunk() noexcept = default;
  // Takes the block over, with the bytes of it that are not yet consumed.
  explicit Chunk(Block& block) noexcept
      : block_(&block), begin_(block.begin), size_(block.size - block.begin) {}
  Chunk(Chunk&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), begin_(other.begin_), size_(other.size_) {
    other.size_ = 0;
  }
  Chunk& operator=(Chunk&& other) noexcept {
    Chunk taken(std::move(other));
    std::swap(block_, taken.block_);
    std::swap(begin_, taken.begin_);
    std::swap(size_, taken.size_);
    return *this;
  }
  ~Chunk() {
    if (block_ != nullptr) block_->pool->give_back(*block_);
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::byte* data() noexcept { return block_ == nullptr ? nullptr : block_->data + begin_; }
  const std::byte* data() const noexcept { return const_cast<Chunk*>(this)->data(); }

  std::span<std::byte> bytes() noexcept { return {data(), size_}; }
  std::span<const std::byte> bytes() const noexcept { return {data(), size_}; }
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data()), size_}; }
  operator std::span<const std::byte>() const noexcept { return bytes(); }  // NOLINT: it is one

  // Forgets the first `count` bytes, at most all.
  void remove_prefix(std::size_t count) noexcept {
    const auto gone = static_cast<std::uint32_t>(count < size_ ? count : size_);
    begin_ += gone;
    size_ -= gone;
  }

 private:
  Block* block_ = nullptr;
  std::uint32_t begin_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace rondo
