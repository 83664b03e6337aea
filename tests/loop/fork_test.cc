// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "rondo/base/fork_guard.h"
#include "support/world.h"

namespace rondo {
namespace {

class ForkTest : public BackendTest {};
RONDO_ON_MAIN_BACKENDS(ForkTest);

// A death test runs its statement in the child of a fork.
TEST_P(ForkTest, a_loop_that_was_made_before_a_fork_is_refused_in_the_child) {
  turn(1);
  EXPECT_DEATH(loop().run_once(), "in the child of a fork");
  run([]() -> Task<> { co_return; });
}

TEST(ForkGuardTest, tells_the_child_from_its_parent) {
  ForkGuard guard;
  EXPECT_FALSE(guard.in_child());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(guard.in_child() ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_FALSE(guard.in_child());
}

}  // namespace
}  // namespace rondo
