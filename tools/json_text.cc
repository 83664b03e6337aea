// SPDX-License-Identifier: MIT
#include "json_text.h"

#include <absl/strings/str_format.h>

namespace rondo::tools {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char each : text) {
    if (each == '"' || each == '\\') {
      out += '\\';
      out += each;
    } else if (static_cast<unsigned char>(each) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(each));
    } else {
      out += each;
    }
  }
  return out + '"';
}

}  // namespace rondo::tools
