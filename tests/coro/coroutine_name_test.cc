// SPDX-License-Identifier: MIT
#include "rondo/coro/coroutine_name.h"

#include <gtest/gtest.h>

namespace rondo {
namespace {

TEST(CoroutineName, is_without_return_type_namespaces_and_parameters) {
  EXPECT_EQ(coroutine_name("rondo::Task<> game::{anonymous}::serve(rondo::TcpStream)"), "serve");
  EXPECT_EQ(coroutine_name("Task<> game::(anonymous namespace)::serve(TcpStream)"), "serve");
  EXPECT_EQ(coroutine_name("std::pair<int, ns::X> main(int, char**)"), "main");
}

TEST(CoroutineName, keeps_the_classes_around_it) {
  EXPECT_EQ(coroutine_name("rondo::Task<> game::Session::run(int)"), "Session::run");
  EXPECT_EQ(coroutine_name("Task<> rondo::Runtime::Parts::supervise()"),
            "Runtime::Parts::supervise");
  EXPECT_EQ(coroutine_name("Task<T> ns::Table<X, ns::Y<int> >::find<Z>(Z) const [with T = int]"),
            "Table::find");
}

TEST(CoroutineName, says_in_which_function_a_lambda_is) {
  EXPECT_EQ(coroutine_name("game::main(int)::<lambda(rondo::Scope&)>"), "lambda in main");
  EXPECT_EQ(
      coroutine_name("auto game::Session::run(int)::(anonymous class)::operator()(int) const"),
      "lambda in Session::run");
  EXPECT_EQ(coroutine_name("main(int)::<lambda(int)>::<lambda()>"), "lambda in main");
}

TEST(CoroutineName, passes_over_lambdas_that_are_arguments) {
  EXPECT_EQ(
      coroutine_name(
          "ns::Test::with<main(int)::<lambda(int&)> >(main(int)::<lambda(int&)>)::<lambda()>"),
      "lambda in Test::with");
  EXPECT_EQ(coroutine_name("rondo::Task<> ns::each(F) [with F = main()::<lambda(int [3])>]"),
            "each");
  EXPECT_EQ(
      coroutine_name("auto each(F)::(anonymous class)::operator()() [F = (lambda at x.cc:1:2)]"),
      "lambda in each");
}

TEST(CoroutineName, is_what_it_is_where_there_is_no_signature) {
  EXPECT_EQ(coroutine_name("inspection"), "inspection");
  EXPECT_EQ(coroutine_name(""), "");
}

}  // namespace
}  // namespace rondo
