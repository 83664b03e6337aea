// SPDX-License-Identifier: MIT
// Looking at memory of this process that another thread may free meanwhile.
#pragma once

#include <cstddef>
#include <string>

namespace rondo {

// Copies `size` bytes. False if there are none, or the kernel does not let us look. What was copied
// means something only if the caller finds out afterwards that its owner was still there.
bool peek(const void* source, void* target, std::size_t size) noexcept;

// The text up to its zero, at most `most` bytes of it.
std::string peek_text(const char* source, std::size_t most = 256);

// The function at an address: its name, or the file that it is in and where, "server+0x12f40".
std::string function_at(const void* address);

}  // namespace rondo
