// SPDX-License-Identifier: MIT
// select() over channels between threads, on a loop that keeps a share of its time for I/O: what
// wakes the selecting task waits there apart from what is ready.
#include <cerrno>
#include <cstddef>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/channel.h"
#include "rondo/coro/select.h"
#include "support/world.h"

namespace rondo {
namespace {

struct ShareCell {
  BackendCell backend;
  unsigned io_share;
};

std::vector<ShareCell> share_cells() {
  std::vector<ShareCell> all;
  for (const BackendCell& backend : main_backend_cells()) {
    for (unsigned io_share : {0u, 50u, 99u}) all.push_back({backend, io_share});
  }
  return all;
}

void PrintTo(const ShareCell& cell, std::ostream* out) {
  *out << cell.backend.name << " with a share of " << cell.io_share;
}

class SelectShareTest : public World, public testing::WithParamInterface<ShareCell> {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().backend.options();
    options.resumptions_per_turn = 1;
    options.io_share = GetParam().io_share;
    open(std::move(options));
  }

  // Tasks that do nothing but have their turns.
  void spawn_idlers(const bool& done) {
    for (int i = 0; i < 3; ++i) {
      loop().spawn([&done]() -> Task<> {
        while (!done) co_await yield();
      });
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, SelectShareTest, testing::ValuesIn(share_cells()),
                         [](const testing::TestParamInfo<ShareCell>& cell) {
                           return cell.param.backend.name + std::string("_") +
                                  std::to_string(cell.param.io_share);
                         });

// One channel always has something; the other one wakes whoever waits in it just then.
TEST_P(SelectShareTest, a_selecting_task_is_resumed_once_for_each_value) {
  const int count = scaled(4000);
  SharedChannel<int> rare(4096);
  SharedChannel<int> full(4096);
  for (int i = 0; i < count; ++i) EXPECT_TRUE(full.try_send(int{i}));
  int got = 0;
  int resumed_while_ready = 0;
  bool done = false;
  loop().spawn([&]() -> Task<> {
    TaskContext& self = co_await this_context();
    for (int i = 0; i < count; ++i) {
      auto value = co_await select(rare, full);
      resumed_while_ready += static_cast<ReadyNode&>(self).linked();
      EXPECT_TRUE(value) << value.error().message();
      if (!value) break;
      ++got;
    }
    done = true;
  });
  loop().spawn([&]() -> Task<> {
    for (int i = 0; i < count / 2 && !done; ++i) {
      static_cast<void>(rare.try_send(int{i}));
      co_await yield();
    }
  });
  spawn_idlers(done);
  loop().run();
  EXPECT_EQ(got, count);
  EXPECT_EQ(resumed_while_ready, 0);
}

TEST_P(SelectShareTest, every_value_of_both_channels_comes_once_and_in_order) {
  const int count = scaled(2000);
  SharedChannel<int> rare(4096);
  SharedChannel<int> full(4096);
  for (int i = 0; i < count; ++i) EXPECT_TRUE(full.try_send(int{i}));
  full.close();
  int next[2] = {0, 0};
  int out_of_order = 0;
  bool done = false;
  loop().spawn([&]() -> Task<> {
    while (next[0] + next[1] < 2 * count) {
      auto value = co_await select(rare, full);
      if (!value && value.error().number() == EAGAIN) continue;  // one was closed meanwhile
      EXPECT_TRUE(value) << value.error().message();
      if (!value) break;
      const std::size_t which = value->index();
      const int number = which == 0 ? std::get<0>(*value) : std::get<1>(*value);
      out_of_order += number != next[which];
      ++next[which];
    }
    done = true;
  });
  loop().spawn([&]() -> Task<> {
    for (int i = 0; i < count && !done; ++i) {
      EXPECT_TRUE(rare.try_send(int{i}));
      co_await yield();
    }
    rare.close();
  });
  spawn_idlers(done);
  loop().run();
  EXPECT_EQ(next[0], count);
  EXPECT_EQ(next[1], count);
  EXPECT_EQ(out_of_order, 0);
}

}  // namespace
}  // namespace rondo
