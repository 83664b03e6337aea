// SPDX-License-Identifier: MIT
// The terminal, as a screen that is drawn over and over.
#pragma once

#include <termios.h>

#include <cstddef>
#include <string>
#include <vector>

namespace rondo::tools {

// While it lives, keys come one by one and unseen, and what was on the screen is put aside.
class Terminal {
 public:
  // Whether both standard input and output are one.
  static bool is_there();

  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  // As it is now: it may have been resized.
  struct Size {
    std::size_t width;
    std::size_t height;
  };
  static Size size();

  // Shows these lines and nothing else, the first one highlighted.
  void draw(const std::vector<std::string>& lines);

 private:
  termios before_{};
};

}  // namespace rondo::tools
