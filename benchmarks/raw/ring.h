// SPDX-License-Identifier: MIT
#pragma once

#include <liburing.h>

// The ring of both io_uring floors: one issuer, completions only inside the one enter of a turn,
// and the ring's own descriptor registered, which saves a reference count per enter. Unless
// `features` say otherwise.
void open_ring(struct io_uring* ring);

// A table for sockets that have no descriptors. As many as there may be descriptors, if that is
// less.
void open_table(struct io_uring* ring, unsigned sockets);

// The next free submission entry; sends the queued ones first when there is none.
struct io_uring_sqe* next_entry(struct io_uring* ring);

// Multishot accept of blocking sockets: io_uring waits for them itself.
void arm_accept(struct io_uring* ring, int listener, __u64 user_data);

// Submits what is queued, waits for one completion at least. Ends the process on a real error.
void enter_ring(struct io_uring* ring);
