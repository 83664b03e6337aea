// SPDX-License-Identifier: MIT
// What every stream of bytes can do, whatever carries them.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "rondo/base/result.h"
#include "rondo/buffer/chunk.h"
#include "rondo/coro/when.h"

namespace rondo {

// A protocol written against this runs over TCP now, and over whatever else meets it: pipes within
// the process, TLS, a filter.
template <class Stream>
concept ByteStream = std::movable<Stream> &&
    requires(Stream& stream, std::span<std::byte> room, std::span<const std::byte> bytes) {
  { as_task(stream.receive()) } -> std::same_as<Task<Result<Chunk>>>;
  { as_task(stream.read(room)) } -> std::same_as<Task<Result<std::size_t>>>;
  { as_task(stream.send(bytes)) } -> std::same_as<Task<Result<std::size_t>>>;
  { as_task(stream.send_all(bytes)) } -> std::same_as<Task<Transfer>>;
};

// `while (auto chunk = co_await chunks.next())`: what a ByteStream receives, as a Stream, for code
// that takes any. The stream outlives it.
template <ByteStream Source>
class Chunks {
 public:
  explicit Chunks(Source& source) noexcept : source_(&source) {}
  auto next() noexcept { return source_->receive(); }

 private:
  Source* source_;
};
template <ByteStream Source>
Chunks<Source> chunks(Source& source) noexcept {
  return Chunks<Source>(source);
}

// Text as the bytes that it is.
inline std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

}  // namespace rondo
