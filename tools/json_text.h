// SPDX-License-Identifier: MIT
// Text as JSON has it (RFC 8259, section 7).
#pragma once

#include <string>
#include <string_view>

namespace rondo::tools {

// A JSON string, in its quotes.
std::string json_string(std::string_view text);

}  // namespace rondo::tools
