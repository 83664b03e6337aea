// SPDX-License-Identifier: MIT
#include "rondo/coro/coroutine_name.h"

#include <cctype>
#include <cstddef>

namespace rondo {
namespace {

// Where the bracket that ends at `last` begins.
std::size_t beginning_of(std::string_view text, std::size_t last, char opening, char closing) {
  int depth = 0;
  for (std::size_t i = last + 1; i-- > 0;) {
    if (text[i] == closing) ++depth;
    if (text[i] == opening && --depth == 0) return i;
  }
  return 0;
}

bool is_class(std::string_view word) {
  return !word.empty() && std::isupper(static_cast<unsigned char>(word.front())) != 0;
}

// "Class::name" of "Task<> ns::{anonymous}::Class<X>::name": the last part and the classes around
// it, which are told from namespaces by their capital, without what is in < >.
std::string last_parts(std::string_view text) {
  std::string parts;
  for (;;) {
    if (text.ends_with('>')) text = text.substr(0, beginning_of(text, text.size() - 1, '<', '>'));
    const std::size_t begin = text.find_last_of(" :*&") + 1;
    const std::string_view part = text.substr(begin);
    if (!parts.empty() && !is_class(part)) return parts;
    parts = parts.empty() ? std::string(part) : std::string(part) + "::" + parts;
    if (parts.empty() || begin == 0 || text[begin - 1] != ':') return parts;
    text = text.substr(0, begin - 2);
  }
}

// Without the arguments of templates, which g++ and clang write as " [with T = int]", " [T = int]";
// lambdas among them are somebody else's.
std::string without_template_arguments(std::string_view signature) {
  std::string text;
  int depth = 0;
  for (std::size_t i = 0; i < signature.size(); ++i) {
    const bool opens = signature[i] == '[' && (depth != 0 || text.ends_with(' '));
    if (opens && depth++ == 0) text.pop_back();
    if (depth == 0) text += signature[i];
    if (signature[i] == ']' && depth != 0) --depth;
  }
  return text;
}

std::string name_in(std::string_view signature);

std::string lambda_in(std::string_view around) {
  const std::string name = name_in(around);
  return name.starts_with("lambda in ") ? name : "lambda in " + name;
}

std::string name_in(std::string_view signature) {
  // g++: "f()::<lambda(int)>"; clang: "auto f()::(anonymous class)::operator()(int) const".
  constexpr std::string_view kLambda = "::<lambda(";
  constexpr std::string_view kCall = "::(anonymous class)::operator()";
  if (signature.ends_with(")>")) {
    const std::size_t begin = beginning_of(signature, signature.size() - 1, '<', '>');
    if (begin >= 2 && signature.substr(begin - 2).starts_with(kLambda)) {
      return lambda_in(signature.substr(0, begin - 2));
    }
  }
  const std::size_t end = signature.rfind(')');
  if (end == signature.npos) return std::string(signature);
  const std::string_view text = signature.substr(0, beginning_of(signature, end, '(', ')'));
  if (text.ends_with(kCall)) return lambda_in(text.substr(0, text.size() - kCall.size()));
  const std::string name = last_parts(text);
  return name.empty() ? std::string(signature) : name;
}

}  // namespace

std::string coroutine_name(std::string_view signature) {
  if (signature.find(" [") == signature.npos) return name_in(signature);
  return name_in(without_template_arguments(signature));
}

}  // namespace rondo
