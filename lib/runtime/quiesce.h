// SPDX-License-Identifier: MIT
// Closing a listening socket without losing those who have connected.
#pragma once

#include "rondo/base/fd.h"
#include "rondo/base/result.h"
#include "rondo/kernel/slot.h"

namespace rondo {

// Lets no new connection begin at a listening socket of TCP or AF_UNIX, while those in its queue,
// and TCP handshakes that are under way, go on. Closing it would reset them all, with SO_REUSEPORT
// too; so this comes first, then one accepts until the queue is empty, then one closes.
//
// TCP: the listener does not answer who knocks now, who knocks again after a second and meets
// another listener, or is refused. Error: what setsockopt(2) says where a filter is not allowed.
Result<void> quiesce(int listener, int family) noexcept;

// The next connection that waits for a listener which the backend has released and which does not
// block; for a queue that is `blocking` or not. Errors: EAGAIN, EINVAL for an AF_UNIX listener that
// is quiescent, when there is none; and what else accept(2) says of the listener.
Result<Fd> accept_queued(Slot& listener, bool blocking) noexcept;

}  // namespace rondo
