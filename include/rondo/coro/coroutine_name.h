// SPDX-License-Identifier: MIT
// What a coroutine is called in a line for people.
#pragma once

#include <string>
#include <string_view>

namespace rondo {

// The name in a function's signature as g++ and clang write it, without return type, namespaces
// (what begins with a capital is a class) and parameters: "serve"; "Session::run"; "lambda in
// main". What is no signature stays as it is.
std::string coroutine_name(std::string_view signature);

}  // namespace rondo
