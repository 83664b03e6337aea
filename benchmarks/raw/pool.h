// SPDX-License-Identifier: MIT
#pragma once

#include <liburing.h>

// The pool of receive buffers of one ring: io_uring takes the next free one for each receive that
// was submitted with `select_from_pool`, and names its index in the completion. With the feature
// `incremental` it fills a buffer piece by piece, and has done with it when it says so.
struct pool {
  struct io_uring_buf_ring* entries;
  char* bytes;
  unsigned count;
  unsigned buffer_bytes;
  int returned;               // put back and not yet published
  struct pool_piece* pieces;  // incremental only: what is lent out, by index
  struct pool_fill* fills;    // incremental only: by buffer
  int free_piece;
};

enum { kMostPieces = 1 << 15 };  // an index of any pool is below that

// `count` is a power of two.
void open_pool(struct pool* pool, struct io_uring* ring, unsigned count, unsigned buffer_bytes);

void select_from_pool(struct io_uring_sqe* entry);

// What a receive has brought: an index for the two below, the caller's until it is returned.
int take_from_pool(struct pool* pool, const struct io_uring_cqe* completion);

char* pool_buffer(const struct pool* pool, unsigned index);

// The buffer is io_uring's again from the next `publish_pool` on.
void return_to_pool(struct pool* pool, unsigned index);

void publish_pool(struct pool* pool);
