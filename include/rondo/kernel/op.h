// SPDX-License-Identifier: MIT
// Op: one request to the kernel, as data.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "rondo/base/error.h"
#include "rondo/base/ready.h"
#include "rondo/buffer/block.h"

namespace rondo {

struct Slot;

enum class OpCode : std::uint8_t {
  kAccept,      // a connection from a listener              -> descriptor
  kConnect,     // to `address`
  kReceive,     // into a pooled block                       -> block
  kRead,        // into memory[0, size)                      -> done, at least 1
  kSend,        // from memory[0, size)                      -> done
  kSendGather,  // from parts[0, size)                       -> done
  kShutdown,    // `how`
  kPoll,        // until one of `events` (kPollIn or kPollOut)-> events that hold
  kClose,       // the slot's descriptor: ends everything else on it, then closes
};

//            start            attempt: kHeld
//   kIdle ----------> kQueued ------------> kHeld --event--> kArmed --attempt--> kDone
//     |                  |                    |                 |
//     +--- attempt: kCompleted ---------------+--- completed ---+--------------> kDone
enum class OpState : std::uint8_t {
  kIdle,    // not begun, or its result has been read
  kQueued,  // in the loop's submitted queue
  kHeld,    // the backend has it: waits for an event, or is in the kernel
  kArmed,   // readiness: the event came; performed when dequeued, so that one buffer is hot
  kDone,    // has its result; in the ready queue or just resumed
};

// Bits of Op::events, with the values of POLLIN, POLLOUT and POLLHUP (man 2 poll).
inline constexpr short kPollIn = 0x001;
inline constexpr short kPollOut = 0x004;
inline constexpr short kPollHangUp = 0x010;

// Bits of Op::flags.
inline constexpr std::uint8_t kOpAll = 1;      // send: complete only when everything has gone
inline constexpr std::uint8_t kOpStop = 2;     // asked to end early; submitted again so that the
                                               // backend sees it
inline constexpr std::uint8_t kOpStarted = 4;  // the backend's: connect(2) has been called

// The request, its state and its result. It lives in an awaiter (in a coroutine frame) or in a
// Slot, and does not move once begun. It completes exactly once: `error` and the result fields are
// set, state is kDone, and it goes into the completed queue, whose reader runs it.
class Op : public ReadyNode {
 public:
  Op(OpCode code_, Slot* slot_) noexcept : code(code_), slot(slot_) {}

  void complete(Error outcome) noexcept {
    error = outcome;
    state = OpState::kDone;
    if (outcome) [[unlikely]] {
      note_failure(outcome);
    }
  }

  OpCode code;
  OpState state = OpState::kIdle;
  std::uint8_t flags = 0;
  std::uint8_t age = 0;  // Operation's: the low bits of the slot's generation when it was made
  Error error;
  Slot* slot;
  union {
    std::byte* memory;        // kRead, kSend (which only reads it)
    const iovec* parts;       // kSendGather: lives until completion
    const sockaddr* address;  // kConnect: lives until completion
    Block* block;             // kReceive: result
    int descriptor;           // kAccept: result, owned by whoever reads it
    int how;                  // kShutdown: SHUT_RD, SHUT_WR, SHUT_RDWR
    short events;             // kPoll: request and result
  };
  std::size_t size = 0;  // bytes, parts, or the address' length
  std::size_t done = 0;  // bytes moved so far; partial progress stays here when it fails

 protected:
  ~Op() = default;

 private:
  // Tells the slot what its last operation failed with, for the count of what ends connections.
  void note_failure(Error outcome) noexcept;
};

// Performs a kSend on a non-blocking descriptor, once. True when it has its result. Otherwise there
// was no room (for all of it, with kOpAll): the slot is marked unwritable, `done` says how much
// went.
bool send_now(Op& op) noexcept;

using OpQueue = ReadyQueue;  // holds Ops and, on their way to the ready queue, nothing else

}  // namespace rondo
