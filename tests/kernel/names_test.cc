// SPDX-License-Identifier: MIT
// What backends and triggers are called.
#include <string>

#include <gtest/gtest.h>

#include "rondo/kernel/backend.h"

namespace rondo {
namespace {

TEST(Names, a_backend_is_found_by_the_name_that_it_tells) {
  for (const BackendKind kind : kBackendKinds) {
    EXPECT_EQ(backend_named(name_of(kind)), kind) << name_of(kind);
  }
  EXPECT_EQ(backend_named("auto"), BackendKind::kAuto);
}

TEST(Names, a_trigger_is_found_by_the_name_that_it_tells) {
  for (const Trigger trigger : {Trigger::kEdge, Trigger::kLevel, Trigger::kOneShot}) {
    EXPECT_EQ(trigger_named(name_of(trigger)), trigger) << name_of(trigger);
  }
}

TEST(Names, what_nobody_may_ask_for_is_not_found) {
  for (const char* name : {"", "sim", "iouring", "EPOLL", "epoll ", "unknown"}) {
    EXPECT_FALSE(backend_named(name)) << name;
  }
  for (const char* name : {"", "default", "Edge", "one-shot", "unknown"}) {
    EXPECT_FALSE(trigger_named(name)) << name;
  }
}

}  // namespace
}  // namespace rondo
