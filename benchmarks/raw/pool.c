// SPDX-License-Identifier: MIT
#include "pool.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "feature.h"
#include "start.h"

enum {
  kStagger = 128,  // neighbours begin two cache lines apart, not all in the same cache set
  kGroup = 0,
  kIncremental = 2,       // IOU_PBUF_RING_INC, younger than liburing 2.3
  kMoreToCome = 1u << 4,  // IORING_CQE_F_BUF_MORE: the next piece is of the same buffer
};

struct pool_piece {
  char* bytes;
  int buffer;
  int next_free;
};

struct pool_fill {
  unsigned used;
  int holders;  // pieces that are lent out, and the kernel until it has done with the buffer
};

static void* map_pages(size_t size) {
  void* pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) die("buffer pool", errno);
  return pages;
}

static char* buffer_at(const struct pool* pool, unsigned index) {
  return pool->bytes + (size_t)index * (pool->buffer_bytes + kStagger);
}

static void lend(struct pool* pool, unsigned index) {
  io_uring_buf_ring_add(pool->entries, buffer_at(pool, index), pool->buffer_bytes,
                        (unsigned short)index, io_uring_buf_ring_mask(pool->count),
                        pool->returned++);
  if (pool->fills != NULL) pool->fills[index] = (struct pool_fill){.used = 0, .holders = 1};
}

static void open_pieces(struct pool* pool) {
  pool->fills = map_pages(pool->count * sizeof(struct pool_fill));
  pool->pieces = map_pages(kMostPieces * sizeof(struct pool_piece));
  for (int i = 0; i < kMostPieces; i++) pool->pieces[i].next_free = i + 1;
}

static void let_go(struct pool* pool, int buffer) {
  if (--pool->fills[buffer].holders == 0) lend(pool, (unsigned)buffer);
}

void open_pool(struct pool* pool, struct io_uring* ring, unsigned count, unsigned buffer_bytes) {
  *pool = (struct pool){.count = count, .buffer_bytes = buffer_bytes};
  pool->entries = map_pages(count * sizeof(struct io_uring_buf));
  pool->bytes = map_pages((size_t)count * (buffer_bytes + kStagger));
  struct io_uring_buf_reg registration = {
      .ring_addr = (uint64_t)(uintptr_t)pool->entries, .ring_entries = count, .bgid = kGroup};
  if (features.incremental) {
    registration.pad = kIncremental;  // later: flags
    open_pieces(pool);
  }
  int outcome = io_uring_register_buf_ring(ring, &registration, 0);
  if (outcome < 0) die("io_uring_register_buf_ring", -outcome);
  io_uring_buf_ring_init(pool->entries);
  for (unsigned index = 0; index < count; index++) lend(pool, index);
  publish_pool(pool);
}

void select_from_pool(struct io_uring_sqe* entry) {
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = kGroup;
}

static int take_piece(struct pool* pool, int buffer, const struct io_uring_cqe* completion) {
  struct pool_fill* fill = &pool->fills[buffer];
  int index = pool->free_piece;
  if (index == kMostPieces) die("pieces of the buffer pool", ENOBUFS);
  struct pool_piece* piece = &pool->pieces[index];
  pool->free_piece = piece->next_free;
  piece->bytes = buffer_at(pool, (unsigned)buffer) + fill->used;
  piece->buffer = buffer;
  fill->used += (unsigned)completion->res;
  if (completion->flags & kMoreToCome) fill->holders++;
  return index;
}

int take_from_pool(struct pool* pool, const struct io_uring_cqe* completion) {
  int buffer = (int)(completion->flags >> IORING_CQE_BUFFER_SHIFT);
  return pool->pieces == NULL ? buffer : take_piece(pool, buffer, completion);
}

char* pool_buffer(const struct pool* pool, unsigned index) {
  return pool->pieces == NULL ? buffer_at(pool, index) : pool->pieces[index].bytes;
}

void return_to_pool(struct pool* pool, unsigned index) {
  if (pool->pieces == NULL) {
    lend(pool, index);
    return;
  }
  struct pool_piece* piece = &pool->pieces[index];
  piece->next_free = pool->free_piece;
  pool->free_piece = (int)index;
  let_go(pool, piece->buffer);
}

void publish_pool(struct pool* pool) {
  io_uring_buf_ring_advance(pool->entries, pool->returned);
  pool->returned = 0;
}
