// SPDX-License-Identifier: MIT
// What every primitive promises to those who wait, whichever it is: order, stop, destruction.
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/broadcast.h"
#include "rondo/coro/channel.h"
#include "rondo/coro/condition.h"
#include "rondo/coro/event.h"
#include "rondo/coro/latch.h"
#include "rondo/coro/mutex.h"
#include "rondo/coro/select.h"
#include "rondo/coro/semaphore.h"
#include "rondo/coro/shared_mutex.h"
#include "rondo/coro/when.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

// Each has something to wait for, which pass() lets come. What a waiter has got it keeps until its
// task ends, so one pass() is enough for all of them, one after the other.
template <class E>
struct EventCase {
  E primitive;
  auto wait() { return primitive.wait(); }
  void pass() { primitive.set(); }
};
struct LatchCase {
  Latch primitive{1};
  auto wait() { return primitive.wait(); }
  void pass() { primitive.count_down(); }
};
struct MutexCase {
  Mutex primitive;
  std::optional<Mutex::Lock> held = primitive.try_lock();
  auto wait() { return primitive.lock(); }
  void pass() { held->unlock(); }
};
template <SharedMutex::Access access>
struct SharedMutexCase {
  SharedMutex primitive;
  std::optional<SharedMutex::Lock> held;

  explicit SharedMutexCase(TestRunner& runner) {
    held.emplace(runner.complete([this]() -> Task<SharedMutex::Lock> {
      auto lock = co_await primitive.lock();
      co_return std::move(*lock);
    }));
  }
  auto wait() { return SharedMutex::Acquire(primitive, access); }
  void pass() { held->unlock(); }
};
template <class S>
struct SemaphoreCase {
  S primitive{1};
  std::optional<typename S::Permits> held = primitive.try_acquire();
  auto wait() { return primitive.acquire(); }
  void pass() { held->release(); }
};
struct ConditionCase {
  Condition primitive;
  auto wait() { return primitive.wait(); }
  void pass() { primitive.notify_all(); }
};
// A lock is let go while it waits, and had again afterwards.
struct ConditionWithMutexCase {
  Mutex mutex;
  Condition primitive;

  Task<Result<Mutex::Lock>> wait() {
    auto lock = co_await mutex.lock();
    if (!lock) co_return lock.error();
    auto changed = co_await primitive.wait(*lock);
    EXPECT_TRUE(lock->holds()) << "however the wait has ended";
    if (!changed) co_return changed.error();
    co_return std::move(*lock);
  }
  void pass() { primitive.notify_all(); }
};
template <class C>
struct ReceiveCase {
  C primitive{2};
  auto wait() { return primitive.receive(); }
  void pass() {
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(primitive.try_send(int{i}));
  }
};
template <class C>
struct SendCase {
  C primitive{1};
  SendCase() { EXPECT_TRUE(primitive.try_send(0)); }
  auto wait() { return primitive.send(1); }
  void pass() {
    while (primitive.try_receive()) {
    }
  }
};
struct SelectCase {
  Channel<int> other{1};
  Channel<int> primitive{2};
  auto wait() { return select(other, primitive); }
  void pass() {
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(primitive.try_send(int{i}));
  }
};
struct BroadcastCase {
  Broadcast<int> primitive{2, Drop::kOldest};
  Broadcast<int>::Subscription subscription{primitive};
  auto wait() { return subscription.next(); }
  void pass() {
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(primitive.publish(i));
  }
};

template <class Case>
std::unique_ptr<Case> make(TestRunner& runner) {
  if constexpr (std::is_constructible_v<Case, TestRunner&>) {
    return std::make_unique<Case>(runner);
  } else {
    return std::make_unique<Case>();
  }
}

template <class Case>
class WaitingTest : public testing::Test {
 protected:
  // Waits, and tells how that ended.
  Task<> wait(std::string name) {
    TaskContext& context = co_await this_context();
    context.set_name("someone");
    auto got = co_await subject_->wait();
    log_.push_back(name + (got ? " passed" : got.error().is(Errc::canceled) ? " stopped" : " no"));
  }
  // A task that waits, in a scope of its own.
  std::unique_ptr<Scope> waiter(std::string name) {
    auto scope = std::make_unique<Scope>(runner_);
    scope->spawn([this, name] { return wait(name); });
    runner_.run_ready();
    return scope;
  }

  using Log = std::vector<std::string>;
  TestRunner runner_;
  std::unique_ptr<Case> subject_ = make<Case>(runner_);
  Log log_;
};

using Cases =
    testing::Types<EventCase<Event>, EventCase<SharedEvent>, LatchCase, MutexCase,
                   SharedMutexCase<SharedMutex::Access::kShared>,
                   SharedMutexCase<SharedMutex::Access::kExclusive>, SemaphoreCase<Semaphore>,
                   SemaphoreCase<SharedSemaphore>, ConditionCase, ConditionWithMutexCase,
                   ReceiveCase<Channel<int>>, ReceiveCase<SharedChannel<int>>,
                   SendCase<Channel<int>>, SendCase<SharedChannel<int>>, SelectCase, BroadcastCase>;
struct Names {
  template <class Case>
  static std::string GetName(int index) {
    constexpr const char* kNames[] = {
        "event",        "shared_event",      "latch",     "mutex",
        "shared_mutex", "shared_exclusive",  "semaphore", "shared_semaphore",
        "condition",    "condition_unlocks", "receive",   "shared_receive",
        "send",         "shared_send",       "select",    "broadcast"};
    return kNames[index];
  }
};
TYPED_TEST_SUITE(WaitingTest, Cases, Names);

TYPED_TEST(WaitingTest, those_who_wait_pass_in_order_of_arrival_and_not_within_the_call) {
  auto first = this->waiter("first");
  auto second = this->waiter("second");
  EXPECT_TRUE(this->log_.empty());
  this->subject_->pass();
  EXPECT_TRUE(this->log_.empty()) << "nobody is resumed inside a call";
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (std::vector<std::string>{"first passed", "second passed"}));
}

TYPED_TEST(WaitingTest, a_stop_ends_the_wait_and_the_others_go_on) {
  auto first = this->waiter("first");
  auto second = this->waiter("second");
  first->stop();
  EXPECT_TRUE(this->log_.empty()) << "nobody is resumed inside a call";
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (std::vector<std::string>{"first stopped"}));
  this->subject_->pass();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (std::vector<std::string>{"first stopped", "second passed"}));
}

TYPED_TEST(WaitingTest, a_stop_that_comes_after_its_turn_has_come_takes_nothing_away) {
  auto first = this->waiter("first");
  this->subject_->pass();
  first->stop();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (std::vector<std::string>{"first passed"}));
}

TYPED_TEST(WaitingTest, stopped_before_it_waits_it_gets_nothing_though_it_could) {
  auto scope = std::make_unique<Scope>(this->runner_);
  scope->stop();
  this->subject_->pass();
  scope->spawn([this] { return this->wait("late"); });
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (std::vector<std::string>{"late stopped"}));
}

TYPED_TEST(WaitingTest, a_frame_that_waits_may_be_destroyed) {
  auto first = this->waiter("first");
  auto second = this->waiter("second");
  first.reset();
  this->subject_->pass();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (std::vector<std::string>{"second passed"}));
}

TYPED_TEST(WaitingTest, a_frame_may_be_destroyed_when_its_turn_has_come_and_the_next_one_passes) {
  auto first = this->waiter("first");
  auto second = this->waiter("second");
  this->subject_->pass();
  first.reset();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (std::vector<std::string>{"second passed"}));
}

TYPED_TEST(WaitingTest, a_frame_may_be_destroyed_when_a_stop_is_on_its_way) {
  auto first = this->waiter("first");
  first->stop();
  first.reset();
  auto second = this->waiter("second");
  this->subject_->pass();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (std::vector<std::string>{"second passed"}));
}

TYPED_TEST(WaitingTest, can_be_passed_on_to_when_any) {
  Scope scope(this->runner_);
  Event other;
  scope.spawn([&]() -> Task<> {
    auto both = co_await when_any(this->subject_->wait(), other.wait());
    this->log_.push_back(std::get<0>(both.results) ? "got" : "lost");
  });
  this->runner_.run_ready();
  other.set();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (std::vector<std::string>{"lost"}));
  EXPECT_EQ(scope.running(), 0u);
}

TYPED_TEST(WaitingTest, its_end_while_somebody_waits_is_misuse_and_names_the_task) {
  auto first = this->waiter("first");
  if constexpr (requires { this->subject_->held; }) {
    using Held = std::remove_reference_t<decltype(*this->subject_->held)>;
    Held held(std::move(*this->subject_->held));  // or its end would let them pass
    EXPECT_DEATH(this->subject_.reset(), "task 'someone': the .* was destroyed");
    first.reset();
    return;
  }
  EXPECT_DEATH(this->subject_.reset(), "task 'someone': the .* was destroyed");
  first.reset();
}

}  // namespace
}  // namespace rondo
