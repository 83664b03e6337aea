// SPDX-License-Identifier: MIT
#include "rondo/net/memory_stream.h"

#include <cerrno>

namespace rondo {

Result<MemoryStream::Pair> MemoryStream::pair(Loop& loop,
                                              const MemoryStreamOptions& options) noexcept {
  require(options.capacity >= 1 && options.capacity <= (1u << 30),
          "MemoryStreamOptions: capacity must be 1 B to 1 GiB");
  loop.require_thread();
  MemoryLink* link = MemoryLink::create(loop, options.capacity);
  if (link == nullptr) return Error::from_errno(ENOMEM);
  return Pair(MemoryStream(link->end(0)), MemoryStream(link->end(1)));
}

}  // namespace rondo
