// SPDX-License-Identifier: MIT
// Readiness of foreign descriptors on io_uring.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <gtest/gtest.h>

#include "kernel/uring_harness.h"

namespace rondo {
namespace {

TEST(UringPoll, waits_for_readiness_of_a_pipe_again_and_again) {
  Harness loop;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  Slot& slot = *loop.slots().take(reader.number());
  slot.set(kSlotForeign);
  TestOp waiting(OpCode::kPoll, &slot);
  waiting.events = kPollIn;
  loop.begin(waiting);
  loop.turn();
  EXPECT_EQ(waiting.runs, 0);
  ASSERT_EQ(::write(writer.number(), "x", 1), 1);
  ASSERT_TRUE(loop.finish(waiting));
  EXPECT_NE(waiting.events & kPollIn, 0);
  for (int i = 0; i < 3; ++i) {
    TestOp again(OpCode::kPoll, &slot);
    again.events = kPollIn;
    loop.begin(again);
    ASSERT_TRUE(loop.finish(again)) << "still readable, so it must end again";
  }
  char byte;
  ASSERT_EQ(::read(reader.number(), &byte, 1), 1);
  TestOp stopped(OpCode::kPoll, &slot);
  stopped.events = kPollIn;
  loop.begin(stopped);
  loop.turn();
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled));
  TestOp retracted(OpCode::kPoll, &slot);
  retracted.events = kPollIn;
  loop.begin(retracted);
  loop.turn();
  loop.retract(retracted);
  loop.close(slot);
  loop.settle();
  EXPECT_EQ(loop.slots().in_use(), 0u);
  EXPECT_NE(::fcntl(reader.number(), F_GETFD), -1) << "a foreign descriptor stays open";
}

TEST(UringPoll, polls_regular_files_and_refuses_what_is_no_descriptor) {
  Harness loop;
  const Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  Slot& slot = *loop.slots().take(file.number());
  slot.set(kSlotForeign);
  TestOp ready(OpCode::kPoll, &slot);
  ready.events = kPollIn;
  loop.begin(ready);
  ASSERT_TRUE(loop.finish(ready));
  EXPECT_FALSE(ready.error) << ready.error.message();
  Slot& none = *loop.slots().take(9'999);
  none.set(kSlotForeign);
  TestOp refused(OpCode::kPoll, &none);
  refused.events = kPollIn;
  loop.begin(refused);
  ASSERT_TRUE(loop.finish(refused));
  EXPECT_EQ(refused.error.number(), EBADF);
}

}  // namespace
}  // namespace rondo
