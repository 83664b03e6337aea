// SPDX-License-Identifier: MIT
#include "pool.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "start.h"

enum {
  kStagger = 128,  // neighbours begin two cache lines apart, not all in the same cache set
  kGroup = 0,
};

static void* map_pages(size_t size) {
  void* pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) die("buffer pool", errno);
  return pages;
}

void open_pool(struct pool* pool, struct io_uring* ring, unsigned count, unsigned buffer_bytes) {
  *pool = (struct pool){.count = count, .buffer_bytes = buffer_bytes};
  pool->entries = map_pages(count * sizeof(struct io_uring_buf));
  pool->bytes = map_pages((size_t)count * (buffer_bytes + kStagger));
  struct io_uring_buf_reg registration = {
      .ring_addr = (uint64_t)(uintptr_t)pool->entries, .ring_entries = count, .bgid = kGroup};
  int outcome = io_uring_register_buf_ring(ring, &registration, 0);
  if (outcome < 0) die("io_uring_register_buf_ring", -outcome);
  io_uring_buf_ring_init(pool->entries);
  for (unsigned index = 0; index < count; index++) return_to_pool(pool, index);
  publish_pool(pool);
}

void select_from_pool(struct io_uring_sqe* entry) {
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = kGroup;
}

char* pool_buffer(const struct pool* pool, unsigned index) {
  return pool->bytes + (size_t)index * (pool->buffer_bytes + kStagger);
}

void return_to_pool(struct pool* pool, unsigned index) {
  io_uring_buf_ring_add(pool->entries, pool_buffer(pool, index), pool->buffer_bytes,
                        (unsigned short)index, io_uring_buf_ring_mask(pool->count),
                        pool->returned++);
}

void publish_pool(struct pool* pool) {
  io_uring_buf_ring_advance(pool->entries, pool->returned);
  pool->returned = 0;
}
