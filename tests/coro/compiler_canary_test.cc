// SPDX-License-Identifier: MIT
// Can this compiler be trusted with coroutines? Every object that is constructed must be destroyed
// exactly once, at its own address, in each form that the library and its users rely on. A compiler
// that fails one of these miscompiles ordinary code: do not use it, at least not in that form.
//
// The forms that g++ 12 gets wrong (a lambda with captures or an aggregate made inside the await
// expression, `c ? co_await f() : co_await g()`, and so on) are not here; what to write in their
// place is.
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/task.h"
#include "rondo/coro/when.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

// Knows which of its kind are alive, by address.
class Tracked {
 public:
  explicit Tracked(int value = 1) : value_(value) { born(); }
  Tracked(const Tracked& other) : value_(other.value_) { born(); }
  Tracked(Tracked&& other) noexcept : value_(std::exchange(other.value_, 0)) { born(); }
  Tracked& operator=(Tracked&& other) noexcept {
    value_ = std::exchange(other.value_, 0);
    return *this;
  }
  ~Tracked() {
    if (alive_.erase(this) != 1) ++errors_;
  }

  int value() const {
    if (!alive_.contains(this)) ++errors_;
    return value_;
  }
  explicit operator bool() const { return value() != 0; }

  static void reset() {
    alive_.clear();
    errors_ = 0;
  }
  static std::size_t alive() { return alive_.size(); }
  static int errors() { return errors_; }

 private:
  void born() {
    if (!alive_.insert(this).second) ++errors_;
  }

  static inline std::set<const Tracked*> alive_;
  static inline int errors_ = 0;

  int value_;
};

struct Aggregate {
  Tracked first;
  Tracked second;
};

// The callees: by value, by reference, suspended for a while or not.

Task<Tracked> make(int value) {
  co_await yield();
  co_return Tracked(value);
}
Task<Tracked> make_at_once(int value) { co_return Tracked(value); }
Task<int> take(Tracked tracked) {
  co_await yield();
  co_return tracked.value();
}
Task<int> look_at(const Tracked& tracked) {
  co_await yield();
  co_return tracked.value();
}
Task<int> take_aggregate(Aggregate aggregate) {
  co_await yield();
  co_return aggregate.first.value() + aggregate.second.value();
}
template <class Function>
Task<int> call(Function function) {
  co_await yield();
  co_return function();
}
Task<int> take_default(Tracked tracked = Tracked(5)) {
  co_await yield();
  co_return tracked.value();
}
Task<int> take_owner(std::unique_ptr<Tracked> owner) {
  co_await yield();
  co_return owner->value();
}
Task<int> fail(Tracked tracked) {
  co_await yield();
  if (tracked) throw std::runtime_error("on purpose");
  co_return 0;
}
Task<std::vector<Tracked>> make_many(int count) {
  std::vector<Tracked> result;
  for (int i = 1; i <= count; ++i) result.emplace_back(i);
  co_await yield();
  co_return result;
}
Task<std::string> text(std::string part) {
  co_await yield();
  co_return part + part;
}
int sum(Tracked left, Tracked right) { return left.value() + right.value(); }

class CompilerCanary : public testing::Test {
 protected:
  // Runs `program`; nothing may be left of it but its result.
  template <class Program>
  void expect(int result, Program program) {
    Tracked::reset();
    EXPECT_EQ(runner_.complete(program), result);
    EXPECT_EQ(Tracked::alive(), 0u) << "constructed and never destroyed";
    EXPECT_EQ(Tracked::errors(), 0) << "destroyed twice, or used when not alive";
  }

  TestRunner runner_;
};

TEST_F(CompilerCanary, temporary_argument_by_value) {
  expect(7, []() -> Task<int> { co_return co_await take(Tracked(7)); });
}

TEST_F(CompilerCanary, temporary_argument_by_reference) {
  expect(7, []() -> Task<int> { co_return co_await look_at(Tracked(7)); });
}

TEST_F(CompilerCanary, default_argument) {
  expect(5, []() -> Task<int> { co_return co_await take_default(); });
}

TEST_F(CompilerCanary, unique_ptr_argument) {
  expect(3, []() -> Task<int> { co_return co_await take_owner(std::make_unique<Tracked>(3)); });
}

TEST_F(CompilerCanary, named_aggregate_moved_in) {
  expect(5, []() -> Task<int> {
    Aggregate aggregate{.first = Tracked(2), .second = Tracked(3)};
    co_return co_await take_aggregate(std::move(aggregate));
  });
}

TEST_F(CompilerCanary, named_lambda_with_captures_moved_in) {
  expect(4, []() -> Task<int> {
    Tracked captured(4);
    auto function = [captured] { return captured.value(); };
    co_return co_await call(std::move(function));
  });
}

TEST_F(CompilerCanary, task_named_before_it_is_awaited) {
  expect(4, []() -> Task<int> {
    Tracked captured(4);
    auto task = call([captured] { return captured.value(); });
    co_return co_await std::move(task);
  });
}

TEST_F(CompilerCanary, lambda_that_captures_references_inside_the_await_expression) {
  expect(9, []() -> Task<int> {
    const Tracked outside(9);
    co_return co_await with_scope(
        [&outside](Scope&) -> Task<int> { co_return co_await look_at(outside); });
  });
}

TEST_F(CompilerCanary, if_and_else_instead_of_the_conditional_operator) {
  for (const bool condition : {false, true}) {
    expect(condition ? 1 : 2, [condition]() -> Task<int> {
      int result = 0;
      if (condition) {
        result = co_await take(Tracked(1));
      } else {
        result = co_await take(Tracked(2));
      }
      co_return result;
    });
  }
}

TEST_F(CompilerCanary, task_chosen_before_it_is_awaited) {
  for (const bool condition : {false, true}) {
    expect(condition ? 1 : 2, [condition]() -> Task<int> {
      auto task = condition ? take(Tracked(1)) : take(Tracked(2));
      co_return co_await std::move(task);
    });
  }
}

TEST_F(CompilerCanary, value_awaited_before_it_is_captured) {
  expect(6, []() -> Task<int> {
    Tracked made = co_await make(6);
    const auto function = [made = std::move(made)] { return made.value(); };
    co_return function();
  });
}

TEST_F(CompilerCanary, values_awaited_and_pushed_back) {
  expect(6, []() -> Task<int> {
    std::vector<Tracked> values;
    for (int i = 1; i <= 3; ++i) values.push_back(co_await make(i));
    int total = 0;
    for (const Tracked& each : values) total += each.value();
    co_return total;
  });
}

TEST_F(CompilerCanary, condition_awaited_into_a_variable) {
  expect(1, []() -> Task<int> {
    auto condition = co_await make(1);
    if (condition) co_return 1;
    co_return 2;
  });
}

TEST_F(CompilerCanary, condition_that_declares) {
  expect(6, []() -> Task<int> {
    int left = 3;
    int total = 0;
    while (auto value = co_await make(left)) {
      total += value.value();
      --left;
    }
    if (auto value = co_await make_at_once(0)) total = -1;
    co_return total;
  });
}

TEST_F(CompilerCanary, condition_with_an_initialiser) {
  expect(8, []() -> Task<int> {
    int result = 0;
    if (auto value = co_await make(8); value.value() > 3) {
      result = value.value();
    }
    co_return result;
  });
}

TEST_F(CompilerCanary, and_and_or_of_two_awaits) {
  expect(1, []() -> Task<int> {
    const bool both = co_await take(Tracked(1)) == 1 && co_await take(Tracked(0)) == 0;
    const bool either = co_await take(Tracked(0)) == 1 || co_await take(Tracked(1)) == 1;
    const bool none = co_await take(Tracked(0)) == 1 && co_await take(Tracked(1)) == 1;
    co_return both&& either && !none ? 1 : 0;
  });
}

TEST_F(CompilerCanary, two_awaits_in_one_call) {
  expect(5, []() -> Task<int> { co_return sum(co_await make(2), co_await make(3)); });
}

TEST_F(CompilerCanary, await_inside_the_argument_of_an_await) {
  expect(4, []() -> Task<int> { co_return co_await take(co_await make(4)); });
}

TEST_F(CompilerCanary, array_of_awaited_numbers) {
  expect(3, []() -> Task<int> {
    const int values[] = {co_await take(Tracked(1)), co_await take(Tracked(2))};
    co_return values[0] + values[1];
  });
}

TEST_F(CompilerCanary, range_for_over_an_awaited_container) {
  expect(6, []() -> Task<int> {
    int total = 0;
    for (const Tracked& each : co_await make_many(3)) {
      total += co_await look_at(each);
    }
    co_return total;
  });
}

TEST_F(CompilerCanary, exception_through_an_await_with_locals_alive) {
  expect(2, []() -> Task<int> {
    const Tracked local(2);
    int result = 0;
    try {
      const Tracked inner(3);
      result = co_await fail(Tracked(1));
    } catch (const std::runtime_error&) {
      result = local.value();
    }
    co_return result;
  });
}

TEST_F(CompilerCanary, exception_between_two_arguments) {
  expect(-1, []() -> Task<int> {
    int result = 0;
    try {
      result = sum(co_await make(1), Tracked(co_await fail(Tracked(1))));
    } catch (const std::runtime_error&) {
      result = -1;
    }
    co_return result;
  });
}

TEST_F(CompilerCanary, coroutine_that_is_a_member) {
  struct Owner {
    Tracked held{6};
    Task<int> add(Tracked other) {
      co_await yield();
      co_return held.value() + other.value();
    }
  };
  expect(8, []() -> Task<int> {
    Owner owner;
    co_return co_await owner.add(Tracked(2));
  });
}

TEST_F(CompilerCanary, strings_joined_across_awaits) {
  expect(12, []() -> Task<int> {
    const std::string joined =
        co_await text("ab") + "-long enough to leave the small buffer-" + co_await text("cd");
    co_return static_cast<int>(joined.size()) - 35;
  });
}

TEST_F(CompilerCanary, break_and_continue_over_locals) {
  expect(4, []() -> Task<int> {
    int total = 0;
    for (int i = 0; i < 10; ++i) {
      const Tracked local(i);
      const int value = co_await look_at(local);
      if (value % 2 == 0) continue;
      total += value;
      if (total >= 4) break;
    }
    co_return total;
  });
}

TEST_F(CompilerCanary, tasks_made_inside_when_all) {
  expect(3, []() -> Task<int> {
    auto both = co_await when_all(take(Tracked(1)), take(Tracked(2)));
    co_return std::get<0>(both) + std::get<1>(both);
  });
}

TEST_F(CompilerCanary, frame_destroyed_while_suspended_in_every_expression) {
  const auto program = [](int& result) -> Task<> {
    const Tracked local(1);
    result += co_await take(Tracked(2));
    result += sum(co_await make(3), co_await make(4));
    for (const Tracked& each : co_await make_many(2)) result += co_await look_at(each);
    Aggregate aggregate{.first = Tracked(5), .second = Tracked(6)};
    result += co_await take_aggregate(std::move(aggregate));
    result += co_await look_at(Tracked(7));
  };
  int result = 0;
  for (std::size_t steps = 0; result != 30; ++steps) {
    ASSERT_LT(steps, 100u);
    Tracked::reset();
    result = 0;
    {
      TestRunner runner;
      Scope scope(runner);
      scope.spawn(program, std::ref(result));
      runner.run_ready(steps);
    }
    ASSERT_EQ(Tracked::alive(), 0u) << "after " << steps << " steps";
    ASSERT_EQ(Tracked::errors(), 0) << "after " << steps << " steps";
  }
}

}  // namespace
}  // namespace rondo
