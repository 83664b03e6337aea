// SPDX-License-Identifier: MIT
// A connection within the process: no descriptor, no call to the kernel.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "rondo/base/assert.h"
#include "rondo/base/result.h"
#include "rondo/io/memory_end.h"
#include "rondo/io/memory_receive.h"
#include "rondo/io/memory_send.h"
#include "rondo/io/memory_shutdown.h"
#include "rondo/net/byte_stream.h"

namespace rondo {

struct MemoryStreamOptions {
  // Bytes that may be on the way in each direction: 1 to 1 GiB. Both are allocated with the pair;
  // what is never used of them stays untouched.
  std::size_t capacity = 64 * 1024;
};

// One of two connected ends in memory, for servers and clients that live on one loop, for tests,
// and for what stands between a protocol and its socket. The same interface as SocketStream, and
// the same promises: a task of the loop may receive (or read) while another sends; a stop request
// ends what is awaited with Errc::canceled; a frame may go in mid-operation; see
// rondo/io/memory_operation.h. Move-only; an operation goes on when its stream moves. All calls on
// the loop's thread.
//
// What one end sends lies in a bounded buffer until the other one receives it: a sender that finds
// it full waits, and goes on when half of it is free. The end of one, by close() or destruction, is
// seen by the other: what was sent before is still received, then the stream is at its end; sends
// fail with EPIPE.
class MemoryStream {
 public:
  using Pair = std::pair<MemoryStream, MemoryStream>;
  // Error: ENOMEM.
  static Result<Pair> pair(Loop& loop, const MemoryStreamOptions& options = {}) noexcept;

  MemoryStream() noexcept = default;
  MemoryStream(MemoryStream&&) noexcept = default;
  MemoryStream& operator=(MemoryStream&& other) noexcept {
    MemoryStream taken(std::move(other));
    std::swap(end_, taken.end_);
    return *this;
  }
  ~MemoryStream() {
    if (end_) end_->close();
  }

  bool is_open() const noexcept { return static_cast<bool>(end_); }
  Loop& loop() const noexcept { return end().loop(); }

  // The next bytes, in a leased buffer: `while (auto chunk = co_await stream.receive())`. False at
  // the end of the stream (Errc::end_of_stream). A stream that waits holds no buffer.
  MemoryReceive receive() noexcept { return MemoryReceive(end()); }

  // The next bytes, into memory of the caller's, which must stay until then; how many they are.
  MemoryRead read(std::span<std::byte> into) noexcept { return MemoryRead(end(), into); }

  // Hands over as much as there is room for, and gives how much that was.
  MemorySend send(std::span<const std::byte> bytes) noexcept { return MemorySend(end(), bytes); }

  // Hands over everything. Gives how much went and what ended it: a Transfer is true when all went.
  MemorySendAll send_all(std::span<const std::byte> bytes) noexcept {
    return MemorySendAll(end(), bytes);
  }
  MemorySendAll send_all(std::string_view text) noexcept { return send_all(bytes_of(text)); }
  // Several pieces; the array must stay until then, and what it points to.
  MemorySendGather send_all(std::span<const iovec> pieces) noexcept {
    return MemorySendGather(end(), pieces);
  }

  // Ends a direction: Direction::kSend lets the peer see the end of the stream, and receiving goes
  // on.
  MemoryShutdown shutdown(Direction direction) noexcept { return MemoryShutdown(end(), direction); }

  // `co_await stream.close()`. Operations of other tasks on it end with Errc::closed. The object is
  // empty at once.
  MemoryClose close() noexcept { return MemoryClose(std::move(end_)); }

 private:
  explicit MemoryStream(MemoryEnd& end) noexcept : end_(end) {}

  MemoryEnd& end() const noexcept {
    require(is_open(), "a stream or listener was used that is closed or moved from");
    return *end_;
  }

  MemoryEndRef end_;
};

static_assert(ByteStream<MemoryStream>);

}  // namespace rondo
