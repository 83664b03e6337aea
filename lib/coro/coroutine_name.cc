// SPDX-License-Identifier: MIT
#include "rondo/coro/coroutine_name.h"

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

// The last part of "Task<> ns::{anonymous}::Class<X>::name", without what is in < >.
std::string_view last_part(std::string_view text) {
  if (text.ends_with('>')) text = text.substr(0, beginning_of(text, text.size() - 1, '<', '>'));
  return text.substr(text.find_last_of(" :*&") + 1);
}

}  // namespace

std::string coroutine_name(std::string_view signature) {
  // g++: "f()::<lambda(int)>"; clang: "auto f()::(anonymous class)::operator()(int) const".
  for (const std::string_view mark : {"::<lambda(", "::(anonymous class)::operator()("}) {
    const std::size_t at = signature.find(mark);
    if (at != signature.npos) return "lambda in " + coroutine_name(signature.substr(0, at));
  }
  std::string_view text = signature.substr(0, signature.find(" ["));  // the template's arguments
  const std::size_t end = text.rfind(')');
  if (end == text.npos) return std::string(signature);
  text = text.substr(0, beginning_of(text, end, '(', ')'));
  const std::string_view name = last_part(text);
  return std::string(name.empty() ? signature : name);
}

}  // namespace rondo
