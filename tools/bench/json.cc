// SPDX-License-Identifier: MIT
#include "json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "failure.h"
#include "json_text.h"

namespace rondo::bench {
namespace {

constexpr int kDeepest = 64;  // a file that nests deeper is none of ours

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Json document() {
    Json value = parse_value(0);
    skip_space();
    if (at_ != text_.size()) fail("something after the end");
    return value;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<long>(at_), '\n');
    throw Failure(absl::StrCat("not JSON: line ", line, ": ", std::string(what)));
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  void expect(char wanted) {
    skip_space();
    if (!take(std::string_view(&wanted, 1)))
      fail(absl::StrCat("expected ", std::string(1, wanted)));
  }

  Json parse_value(int depth) {
    if (depth > kDeepest) fail("nested too deep");
    skip_space();
    if (at_ == text_.size()) fail("it ends too early");
    if (text_[at_] == '{') return parse_object(depth);
    if (text_[at_] == '[') return parse_array(depth);
    if (text_[at_] == '"') return parse_text();
    if (take("true")) return true;
    if (take("false")) return false;
    if (take("null")) return {};
    return parse_number();
  }

  Json parse_number() {
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || !std::isfinite(value)) fail("no value");
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }

  std::string parse_text() {
    expect('"');
    std::string text;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        append_escaped(text);
      } else {
        text += text_[at_++];
      }
    }
    expect('"');
    return text;
  }

  void append_escaped(std::string& text) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    ++at_;
    if (at_ == text_.size()) fail("it ends too early");
    const auto meaning = kLetters.find(text_[at_]);
    if (meaning != kLetters.npos) {
      text += kMeanings[meaning];
      ++at_;
      return;
    }
    unsigned code = 0;
    const std::string_view digits = text_.substr(at_ + 1, 4);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    // We only write control characters so; nothing else has to be understood.
    if (text_[at_] != 'u' || error != std::errc() || end != digits.data() + 4 || code > 0x7f) {
      fail("an escape that is not ours");
    }
    text += static_cast<char>(code);
    at_ += 5;
  }

  Json parse_array(int depth) {
    Json::Array elements;
    expect('[');
    skip_space();
    if (take("]")) return elements;
    do {
      elements.push_back(parse_value(depth + 1));
      skip_space();
    } while (take(","));
    expect(']');
    return elements;
  }

  Json parse_object(int depth) {
    Json::Object members;
    expect('{');
    skip_space();
    if (take("}")) return members;
    do {
      skip_space();
      std::string name = parse_text();
      expect(':');
      members.emplace_back(std::move(name), parse_value(depth + 1));
      skip_space();
    } while (take(","));
    expect('}');
    return members;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

template <class T>
const T& value_as(const auto& value, const char* type) {
  const T* held = std::get_if<T>(&value);
  if (held == nullptr) throw Failure(absl::StrCat("expected ", type, " in the JSON"));
  return *held;
}

}  // namespace

bool Json::truth() const { return value_as<bool>(value_, "true or false"); }
double Json::number() const { return value_as<double>(value_, "a number"); }
const std::string& Json::text() const { return value_as<std::string>(value_, "a string"); }
const Json::Array& Json::array() const { return value_as<Array>(value_, "an array"); }
const Json::Object& Json::object() const { return value_as<Object>(value_, "an object"); }

const Json* Json::find(std::string_view name) const {
  const auto* members = std::get_if<Object>(&value_);
  if (members == nullptr) return nullptr;
  for (const Member& member : *members) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

const Json& Json::at(std::string_view name) const {
  const Json* member = find(name);
  if (member == nullptr)
    throw Failure(absl::StrCat("there is no '", std::string(name), "' in the JSON"));
  return *member;
}

std::string Json::print(int depth) const {
  std::string out;
  append_to(out, depth, 0);
  return out;
}

void Json::append_to(std::string& out, int depth, int indent) const {
  const std::string inner = depth > 0 ? "\n" + std::string(2 * indent + 2, ' ') : "";
  const std::string outer = depth > 0 ? "\n" + std::string(2 * indent, ' ') : "";
  const std::string_view separator = depth > 0 ? "," : ", ";
  if (const auto* truth = std::get_if<bool>(&value_)) {
    out += *truth ? "true" : "false";
  } else if (const auto* value = std::get_if<double>(&value_)) {
    absl::StrAppendFormat(&out, "%.9g", *value);
  } else if (const auto* text = std::get_if<std::string>(&value_)) {
    out += tools::json_string(*text);
  } else if (const auto* elements = std::get_if<Array>(&value_)) {
    out += '[';
    for (const Json& each : *elements) {
      if (&each != elements->data()) out += separator;
      out += inner;
      each.append_to(out, depth - 1, indent + 1);
    }
    out += elements->empty() ? "]" : outer + "]";
  } else if (const auto* members = std::get_if<Object>(&value_)) {
    out += '{';
    for (const Member& each : *members) {
      if (&each != members->data()) out += separator;
      out += inner;
      out += tools::json_string(each.first);
      out += ": ";
      each.second.append_to(out, depth - 1, indent + 1);
    }
    out += members->empty() ? "}" : outer + "}";
  } else {
    out += "null";
  }
}

Json Json::parse(std::string_view text) { return Parser(text).document(); }

}  // namespace rondo::bench
