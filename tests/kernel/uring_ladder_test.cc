// SPDX-License-Identifier: MIT
// The ladder: which form of io_uring is taken, what forces another one, and what is said about it.
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/choose.h"
#include "kernel/uring/ladder.h"
#include "kernel/uring/words.h"

namespace rondo {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(UringWords, each_word_changes_one_thing) {
  const UringOptions options = with_words({}, "coop,no-multishot").value();
  EXPECT_EQ(options.rung, UringRung::kCoop);
  EXPECT_FALSE(options.multishot);
  EXPECT_TRUE(options.buffer_ring);
  EXPECT_TRUE(options.ext_arg);
  EXPECT_EQ(with_words({}, "top").value().rung, UringRung::kTop);
  EXPECT_EQ(with_words({}, "plain").value().rung, UringRung::kPlain);
  EXPECT_FALSE(with_words({}, "no-buffer-ring").value().buffer_ring);
  EXPECT_FALSE(with_words({}, "no-ext-arg").value().ext_arg);
  EXPECT_TRUE(with_words({}, "restricted").value().restricted);
  EXPECT_EQ(with_words({.rung = UringRung::kCoop}, "").value().rung, UringRung::kCoop);
}

TEST(UringWords, an_unknown_word_is_an_error_that_names_those_that_are_known) {
  for (const char* words : {"fast", "top,fast", "fast,top"}) {
    const auto options = with_words({}, words);
    ASSERT_FALSE(options.ok()) << words;
    EXPECT_THAT(std::string(options.status().message()),
                AllOf(HasSubstr("'fast'"), HasSubstr("top, coop, plain, no-multishot, "
                                                     "no-buffer-ring, no-ext-arg, restricted")));
  }
}

TEST(UringLadder, stands_on_the_highest_rung_with_everything) {
  const auto standing = climb_uring({});
  ASSERT_TRUE(standing.ok()) << standing.status();
  EXPECT_EQ(standing->form, kWholeForm) << standing->reason;
  EXPECT_EQ(standing->reason, "rung top with everything");
}

TEST(UringLadder, gives_what_is_forced_and_no_more) {
  const auto standing =
      climb_uring({.rung = UringRung::kPlain, .multishot = false, .ext_arg = false});
  ASSERT_TRUE(standing.ok()) << standing.status();
  const UringForm wanted = {.rung = UringRung::kPlain, .multishot = false, .ext_arg = false};
  EXPECT_EQ(standing->form, wanted);
  EXPECT_EQ(standing->reason, "rung plain without multishot and extended enter argument");
}

class UringChoice : public testing::Test {
 protected:
  void TearDown() override { ::unsetenv("RONDO_URING"); }
};

TEST_F(UringChoice, the_environment_adds_to_the_options) {
  ::setenv("RONDO_URING", "no-buffer-ring", 1);
  const auto chosen =
      choose_backend(BackendKind::kIoUring, Trigger::kDefault, {.rung = UringRung::kCoop});
  ASSERT_TRUE(chosen.ok()) << chosen.status();
  EXPECT_EQ(chosen->choice.reason, "io_uring was asked for: rung coop without buffer ring");
}

TEST_F(UringChoice, auto_takes_io_uring_only_as_a_whole) {
  ::setenv("RONDO_URING", "coop", 1);
  const auto chosen = choose_backend(BackendKind::kAuto, Trigger::kDefault, {});
  ASSERT_TRUE(chosen.ok()) << chosen.status();
  EXPECT_EQ(chosen->choice.kind, BackendKind::kEpoll);
  EXPECT_THAT(chosen->choice.reason, HasSubstr("rung coop"));
}

TEST_F(UringChoice, an_unknown_word_fails_instead_of_being_overlooked) {
  ::setenv("RONDO_URING", "slow", 1);
  EXPECT_FALSE(choose_backend(BackendKind::kIoUring, Trigger::kDefault, {}).ok());
  EXPECT_FALSE(choose_backend(BackendKind::kAuto, Trigger::kDefault, {}).ok());
  EXPECT_TRUE(choose_backend(BackendKind::kEpoll, Trigger::kDefault, {}).ok());
}

// From here on this process has no buffer rings, as before Linux 5.19.
void deny_buffer_rings() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_register, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IORING_REGISTER_PBUF_RING, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {static_cast<unsigned short>(std::size(filter)), filter};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

[[noreturn]] void choose_without_buffer_rings(BackendKind kind) {
  deny_buffer_rings();
  const auto chosen = choose_backend(kind, Trigger::kDefault, {});
  std::cerr << (chosen.ok() ? chosen->choice.reason : chosen.status().ToString()) << std::endl;
  std::_Exit(0);
}

TEST(UringLadderDeathTest, does_without_what_does_not_work_and_says_so) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto ended = ::testing::ExitedWithCode(0);
  EXPECT_EXIT(choose_without_buffer_rings(BackendKind::kIoUring), ended,
              "asked for: rung top without buffer ring; no buffer ring: "
              "io_uring_register.PBUF_RING.: EINVAL");
  EXPECT_EXIT(choose_without_buffer_rings(BackendKind::kAuto), ended,
              "epoll, because .*without buffer ring; .*EINVAL");
}

}  // namespace
}  // namespace rondo
