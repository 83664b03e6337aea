// expect: an argument is a reference, a pointer or a view
// SPDX-License-Identifier: MIT
// Nobody joins a loop's task before the text goes.
#include <string>
#include <string_view>

#include "rondo/loop/loop.h"

rondo::Task<> child(std::string_view text);

void start(rondo::Loop& loop, const std::string& text) {
  loop.spawn(child, std::string_view(text));
}
