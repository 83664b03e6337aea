// SPDX-License-Identifier: MIT
// What rondo-top shows, as lines of text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "query.h"

namespace rondo::tools {

// A table of the loops with their rates between the two samples, and below it the tasks that have
// waited longest. No line is longer than `width`, and there are `height` of them at most; columns
// for which there is no room are left out, the least important first.
std::vector<std::string> view_lines(const Sample& before, const Sample& now, std::size_t width,
                                    std::size_t height);

// "0", "731", "12.3k", "4.56M": at most five characters for anything below 10^12.
std::string short_number(double number);
// "85us", "1.20ms", "3.41s".
std::string short_time(Duration time);

}  // namespace rondo::tools
