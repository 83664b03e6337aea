// SPDX-License-Identifier: MIT
#include "observe/peek.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"

namespace rondo {

// By the kernel, which answers EFAULT where a load of our own would end the process.
bool peek(const void* source, void* target, std::size_t size) noexcept {
  const iovec from = {const_cast<void*>(source), size};
  const iovec to = {target, size};
  return ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) == static_cast<ssize_t>(size);
}

std::string peek_text(const char* source, std::size_t most) {
  constexpr std::size_t kPiece = 64;  // aligned, so that no piece reaches into another page
  std::string text;
  while (text.size() < most) {
    const char* at = source + text.size();
    char piece[kPiece];
    const std::size_t size = kPiece - reinterpret_cast<std::uintptr_t>(at) % kPiece;
    if (!peek(at, piece, size)) break;
    const std::size_t length = ::strnlen(piece, size);
    text.append(piece, length);
    if (length < size) break;
  }
  text.resize(std::min(text.size(), most));
  return text;
}

std::string function_at(const void* address) {
  Dl_info found;
  if (::dladdr(address, &found) == 0) return {};
  if (found.dli_sname != nullptr) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> readable(
        abi::__cxa_demangle(found.dli_sname, nullptr, nullptr, &status), std::free);
    return readable != nullptr ? readable.get() : found.dli_sname;
  }
  const char* slash = std::strrchr(found.dli_fname, '/');
  const auto offset = static_cast<const char*>(address) - static_cast<const char*>(found.dli_fbase);
  return absl::StrCat(slash == nullptr ? found.dli_fname : slash + 1, "+0x", absl::Hex(offset));
}

}  // namespace rondo
