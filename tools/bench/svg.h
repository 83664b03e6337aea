// SPDX-License-Identifier: MIT
// The elements of which charts are made. Colours and letters come from the style sheet of the page
// around them.
#pragma once

#include <string>
#include <string_view>

namespace rondo::bench {

// Sizes are in units of the view box; a phone shows one about as a pixel.
inline constexpr double kWidth = 400;

struct Span {
  double begin;
  double end;
};

// Places values on a line, in equal steps or in equal ratios.
class Scale {
 public:
  Scale(Span values, Span places, bool logarithmic);

  bool is_beyond(double value) const;
  double place(double value) const;

 private:
  double along(double value) const;

  bool logarithmic_;
  Span values_;
  Span places_;
};

// `text` inside of HTML.
std::string escaped(std::string_view text);

std::string tag(std::string_view name, const std::string& attributes, const std::string& inside);
std::string text_at(double x, double y, std::string_view style, std::string_view text);
std::string line(Span x, Span y, std::string_view style);
std::string svg(double height, std::string_view label, const std::string& inside);

}  // namespace rondo::bench
