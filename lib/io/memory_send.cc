// SPDX-License-Identifier: MIT
#include "rondo/io/memory_send.h"

namespace rondo {

MemoryOperation::Step MemorySend::perform() noexcept {
  error_ = end().cannot_send();
  if (error_) return Step::kDone;
  done_ = end().put(bytes_);
  return done_ != 0 || bytes_.empty() ? Step::kDone : Step::kMustWait;
}

MemoryOperation::Step MemorySendAll::perform() noexcept {
  error_ = end().cannot_send();
  if (error_) return Step::kDone;
  done_ += end().put(bytes_.subspan(done_));
  return done_ == bytes_.size() ? Step::kDone : Step::kMustWait;
}

MemoryOperation::Step MemorySendGather::perform() noexcept {
  error_ = end().cannot_send();
  if (error_) return Step::kDone;
  for (; !pieces_.empty(); pieces_ = pieces_.subspan(1), gone_of_first_ = 0) {
    const iovec& piece = pieces_.front();
    const std::span whole(static_cast<const std::byte*>(piece.iov_base), piece.iov_len);
    const std::size_t count = end().put(whole.subspan(gone_of_first_));
    done_ += count;
    gone_of_first_ += count;
    if (gone_of_first_ != whole.size()) return Step::kMustWait;
  }
  return Step::kDone;
}

}  // namespace rondo
