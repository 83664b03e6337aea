// SPDX-License-Identifier: MIT
// Every kind of operation in which a coroutine can be suspended, and a place where each of them
// waits for ever.
#pragma once

#include <string>
#include <vector>

#include "rondo/rondo.h"
#include "support/raw_peer.h"

namespace rondo {

enum class Suspended {
  kAccept,
  kConnect,
  kReceive,
  kRead,
  kSendAll,
  kGather,
  kSleep,
  kWaitReadable,
  kWaitWritable,
  kWithTimeout,
  kWhenAny,
  kWhenAll,
  kWithScope,
};

std::vector<Suspended> every_suspended();
const char* name_of(Suspended kind);

// A connection whose peer neither sends nor receives, a listener to which nobody comes, and so on.
// Only one task at a time may be suspended in one kind on one stage.
struct Stage {
  Stage(const Address& any, SocketListener&& listener_, SocketStream&& stream_, RawPeer&& peer_);

  // Waits in `kind`, with the memory that the operation needs in this coroutine's frame. What it
  // ended with.
  Task<Error> suspend_in(Suspended kind);

  // Whether what was waited on still does what it should, as far as `kind` used it.
  Task<> expect_works_after(Suspended kind);

  SocketListener listener;
  SocketStream stream;
  RawPeer peer;
  DeafListener deaf;
  Fd quiet;  // one end of a pair that nothing comes from
  Fd full;   // one end of a pair that nothing goes into any more
  Fd quiet_peer;
  Fd full_peer;
  std::size_t sent = 0;  // by send_all and gather

 private:
  Task<Error> accept();
  Task<Error> connect();
  Task<Error> receive();
  Task<Error> read();
  Task<Error> send_all();
  Task<Error> gather();
  Task<Error> wait_any();
  Task<Error> wait_all();
  Task<Error> wait_in_scope();
};

}  // namespace rondo
