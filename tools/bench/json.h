// SPDX-License-Identifier: MIT
// JSON as results are kept in it: objects keep the order of their members.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rondo::bench {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;  // null
  Json(bool value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(int value) : value_(static_cast<double>(value)) {}
  Json(const char* text) : value_(std::string(text)) {}
  Json(std::string text) : value_(std::move(text)) {}
  Json(Array elements) : value_(std::move(elements)) {}
  Json(Object members) : value_(std::move(members)) {}

  // The value as that type. Throws Failure when it is another.
  bool truth() const;
  double number() const;
  const std::string& text() const;
  const Array& array() const;
  const Object& object() const;

  // A member of an object; nullptr when there is none of that name, or this is no object.
  const Json* find(std::string_view name) const;
  // The same; throws Failure when there is none.
  const Json& at(std::string_view name) const;

  // One element or member per line down to `depth` levels, the rest on one line.
  std::string print(int depth = 0) const;

  // Throws Failure, which tells the line, when `text` is not JSON.
  static Json parse(std::string_view text);

 private:
  void append_to(std::string& out, int depth, int indent) const;

  std::variant<std::nullptr_t, bool, double, std::string, Array, Object> value_ = nullptr;
};

}  // namespace rondo::bench
