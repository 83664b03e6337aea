// SPDX-License-Identifier: MIT
// The programs that are cut short in a simulated world, on each kernel queue: after every step,
// which resumes one coroutine, the loops are destroyed or asked to stop. Time is the test's.
#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/base/clock.h"
#include "rondo/loop/loop.h"
#include "sim/programs.h"
#include "support/backends.h"
#include "support/descriptors.h"
#include "support/watchdog.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

// Two loops on this thread, in the first of which a program runs.
class Stage {
 public:
  Stage(const BackendCell& backend, const Program& program)
      : here_(create(backend)), there_(create(backend)) {
    here_->spawn(program.run, ProgramLoops{*here_, *there_});
  }

  // Resumes one coroutine of each loop that has one to resume; false when the program is over.
  bool step() {
    while (here_->has_tasks() || there_->has_tasks()) {
      const Budget one{.events = 1};
      if (here_->run_once(one).resumed + there_->run_once(one).resumed != 0) return true;
      clock_.advance(50us);
    }
    return false;
  }

  void stop() {
    here_->stop();
    while (step()) {
    }
  }

 private:
  std::unique_ptr<Loop> create(const BackendCell& backend) {
    LoopOptions options = backend.options();
    options.clock = &clock_;
    return Loop::create(options).value();
  }

  Watchdog watchdog_;
  ManualClock clock_{TimePoint(1h)};
  std::unique_ptr<Loop> here_;
  std::unique_ptr<Loop> there_;
};

std::vector<Program> programs_for_a_kernel() {
  std::vector<Program> programs;
  for (const Program& each : all_programs()) {
    if (!each.only_simulated) programs.push_back(each);
  }
  return programs;
}

using Case = std::tuple<BackendCell, Program>;

class KernelProgramTest : public testing::TestWithParam<Case> {
 protected:
  const Program& program() const { return std::get<Program>(GetParam()); }

  // Runs the program up to each of its steps, then `cut(stage)`.
  template <class Cut>
  void after_each_step(Cut&& cut) {
    const auto before = open_descriptors().size();
    bool more = true;
    int steps = 0;
    for (; more; ++steps) {
      SCOPED_TRACE("step " + std::to_string(steps));
      {
        Stage stage(std::get<BackendCell>(GetParam()), program());
        for (int i = 0; i < steps && more; ++i) more = stage.step();
        cut(stage);
      }
      ASSERT_EQ(open_descriptors().size(), before);
    }
    EXPECT_GT(steps, 5);
  }
};
INSTANTIATE_TEST_SUITE_P(, KernelProgramTest,
                         testing::Combine(testing::ValuesIn(backend_cells()),
                                          testing::ValuesIn(programs_for_a_kernel())),
                         [](const auto& each) {
                           return std::string(std::get<BackendCell>(each.param).name) + "_" +
                                  std::get<Program>(each.param).name;
                         });

// A task that is on another loop can only be joined, so it is asked to come home.
TEST_P(KernelProgramTest, is_destroyed_at_every_suspension_point) {
  after_each_step([&](Stage& stage) {
    if (program().travels) stage.stop();
  });
}

TEST_P(KernelProgramTest, is_stopped_at_every_suspension_point) {
  after_each_step([](Stage& stage) { stage.stop(); });
}

}  // namespace
}  // namespace rondo
