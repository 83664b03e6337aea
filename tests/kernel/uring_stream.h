// SPDX-License-Identifier: MIT
// A connection on the io_uring backend, to try operations on.
#pragma once

#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "kernel/uring_harness.h"

namespace rondo {

class UringStream : public testing::Test {
 public:
  explicit UringStream(const UringOptions& options = {}) : loop(options) {}

 private:
  Pair pair_ = connected_pair();

 protected:
  // So that a large send waits until the peer reads.
  void shrink() { shrink_buffers(stream.fd); }

  // `send` has begun. Its bytes are `text`, which a thread reads.
  void expect_arrives(TestOp& send, const std::string& text) {
    std::string got;
    std::thread reading([&] { got = read_text(peer, text.size()); });
    const bool finished = loop.finish(send);
    reading.join();
    ASSERT_TRUE(finished);
    EXPECT_FALSE(send.error) << send.error.message();
    EXPECT_EQ(send.done, text.size());
    EXPECT_TRUE(got == text);
  }

  Harness loop;
  Slot& stream = loop.adopt(std::move(pair_.ours));
  Fd& peer = pair_.peer;
};

}  // namespace rondo
