// SPDX-License-Identifier: MIT
// What connected stream sockets have in common, whatever they are connected by.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "rondo/coro/task.h"
#include "rondo/io/read.h"
#include "rondo/io/receive.h"
#include "rondo/io/send.h"
#include "rondo/io/shutdown.h"
#include "rondo/net/byte_stream.h"
#include "rondo/net/socket.h"

namespace rondo {

// A connection of bytes, made as a TcpStream or a UnixStream; both may be moved into one of these
// by whoever does not care which it is.
//
// Belongs to one loop and is used by its tasks; at any time one of them may receive (or read) and
// one may send. Everything that is awaited resumes on the loop's thread, and a stop request ends it
// with Errc::canceled; see rondo/io/operation.h for the rest of what all operations promise.
// SIGPIPE is never raised.
class SocketStream : public Socket {
 public:
  SocketStream() noexcept = default;
  explicit SocketStream(Socket socket) noexcept : Socket(std::move(socket)) {}

  // The next bytes, in a leased buffer: `while (auto chunk = co_await stream.receive())`. False at
  // the end of the stream (Errc::end_of_stream) and on error (ECONNRESET, ETIMEDOUT, ...). An idle
  // connection holds no buffer.
  Receive receive() noexcept { return Receive(slot()); }

  // The next bytes, into memory of the caller's, which must stay until then; how many they are. An
  // empty span is misuse and ends the process.
  Read read(std::span<std::byte> into) noexcept { return Read(slot(), into); }

  // Hands over as much as the kernel takes in one go, and gives how much that was.
  Send send(std::span<const std::byte> bytes) noexcept { return Send(slot(), bytes); }

  // Hands over everything. Gives how much went and what ended it: a Transfer is true when all went.
  SendAll send_all(std::span<const std::byte> bytes) noexcept { return SendAll(slot(), bytes); }
  SendAll send_all(std::string_view text) noexcept { return send_all(bytes_of(text)); }
  // Several pieces in one go (writev); the array must stay until then, and what it points to.
  SendGather send_all(std::span<const iovec> pieces) noexcept { return SendGather(slot(), pieces); }

  // Takes the stream and the task that awaits this to another loop: both go on there, and the task
  // still ends on its home loop. Nobody may wait on the stream, and what else the task has of this
  // loop (streams, timers, children) must not be used from over there. No byte is lost: with EBUSY
  // bytes have come that were not asked for (io_uring), with Errc::broken some were lost earlier,
  // with ESHUTDOWN that loop has ended: all is as before, here. ENOMEM, EMFILE: over there, and the
  // stream is closed. A stop request does not prevent it. To a loop of another backend, too; but a
  // simulated stream stays in its world (EOPNOTSUPP).
  Task<Result<void>> move_to(Loop& target);

  // Ends a direction: Direction::kSend lets the peer see the end of the stream, and receiving goes
  // on.
  Shutdown shutdown(Direction direction) noexcept { return Shutdown(slot(), direction); }
};

static_assert(ByteStream<SocketStream>);

}  // namespace rondo
