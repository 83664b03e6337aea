// SPDX-License-Identifier: MIT
#include "svg.h"

#include <algorithm>
#include <cmath>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace rondo::bench {

Scale::Scale(Span values, Span places, bool logarithmic)
    : logarithmic_(logarithmic), values_{along(values.begin), along(values.end)}, places_(places) {}

bool Scale::is_beyond(double value) const { return along(value) > values_.end * 1.0001; }

double Scale::place(double value) const {
  const double range = values_.end - values_.begin;
  const double part = range == 0 ? 0.5 : (along(value) - values_.begin) / range;
  return places_.begin + std::clamp(part, 0.0, 1.0) * (places_.end - places_.begin);
}

double Scale::along(double value) const {
  return logarithmic_ ? std::log(std::max(value, 1e-9)) : value;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char each : text) {
    if (each == '<') {
      out += "&lt;";
    } else if (each == '>') {
      out += "&gt;";
    } else if (each == '&') {
      out += "&amp;";
    } else if (each == '"') {
      out += "&quot;";
    } else {
      out += each;
    }
  }
  return out;
}

std::string tag(std::string_view name, const std::string& attributes, const std::string& inside) {
  const std::string element(name);
  return absl::StrCat("<", element, " ", attributes, ">", inside, "</", element, ">");
}

std::string text_at(double x, double y, std::string_view style, std::string_view text) {
  return tag("text",
             absl::StrFormat("x=\"%.1f\" y=\"%.1f\" class=\"%s\"", x, y, std::string(style)),
             escaped(text));
}

std::string line(Span x, Span y, std::string_view style) {
  return absl::StrFormat("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>",
                         x.begin, y.begin, x.end, y.end, std::string(style));
}

std::string svg(double height, std::string_view label, const std::string& inside) {
  return tag("svg",
             absl::StrFormat("viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\"", kWidth,
                             height, escaped(label)),
             inside);
}

}  // namespace rondo::bench
