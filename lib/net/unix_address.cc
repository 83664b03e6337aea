// SPDX-License-Identifier: MIT
#include "rondo/net/unix_address.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <absl/status/status.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include "rondo/kernel/control.h"

namespace rondo {
namespace {

constexpr std::string_view kScheme = "unix:";

// What was given, on one line and not endless. Debian's Abseil has a string_view of its own.
absl::Status refusal(std::string_view text, const std::string& why) {
  const std::string_view shown = text.substr(0, 64);
  return absl::InvalidArgumentError(absl::StrCat(
      "bad Unix address '", absl::CHexEscape({shown.data(), shown.size()}),
      shown.size() < text.size() ? "...': " : "': ", why,
      "; expected unix:/path, unix:@name, or unix:@ for a name of the kernel's choice"));
}

Result<UnixAddress> address_of(const Result<SocketName>& name) noexcept {
  if (!name) return name.error();
  return UnixAddress::from_native(name->data(), name->size);
}

}  // namespace

UnixAddress::UnixAddress(std::string_view name) noexcept
    : bytes_(static_cast<std::uint8_t>(name.size())) {
  native_.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), native_.sun_path);
}

absl::StatusOr<UnixAddress> UnixAddress::parse(std::string_view text) {
  if (!text.starts_with(kScheme)) return refusal(text, "it does not begin with unix:");
  std::string name(text.substr(kScheme.size()));
  if (name.empty()) return refusal(text, "there is no path");
  const bool is_abstract = name.front() == '@';
  const std::size_t bytes = is_abstract ? name.size() - 1 : name.size();
  if (bytes > kMaxBytes) {
    return refusal(text, absl::StrCat(is_abstract ? "the name" : "the path", " has ", bytes,
                                      " bytes and may have at most ", kMaxBytes));
  }
  if (!is_abstract && name.find('\0') != name.npos) return refusal(text, "a path holds no NUL");
  if (is_abstract) name.front() = '\0';
  if (is_abstract && bytes == 0) return UnixAddress();
  return UnixAddress(name);
}

Result<UnixAddress> UnixAddress::from_native(const sockaddr* address, socklen_t size) noexcept {
  constexpr std::size_t kBefore = offsetof(sockaddr_un, sun_path);
  if (size < kBefore || size > sizeof(sockaddr_un)) return Error::from_errno(EINVAL);
  if (address->sa_family != AF_UNIX) return Error::from_errno(EAFNOSUPPORT);
  const char* name = reinterpret_cast<const char*>(address) + kBefore;
  std::size_t bytes = size - kBefore;
  if (bytes > 0 && name[0] != '\0') bytes = ::strnlen(name, bytes);
  return UnixAddress(std::string_view(name, bytes));
}

Result<UnixAddress> UnixAddress::local_of(int fd) noexcept {
  return address_of(control::local_name(fd));
}

Result<UnixAddress> UnixAddress::peer_of(int fd) noexcept {
  return address_of(control::peer_name(fd));
}

std::string UnixAddress::to_string() const {
  std::string text(kScheme);
  if (is_path()) return text.append(name());
  text += '@';
  if (is_abstract()) text.append(name().substr(1));
  return text;
}

socklen_t UnixAddress::size() const noexcept {
  const std::size_t terminator = is_path() ? 1 : 0;
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes_ + terminator);
}

}  // namespace rondo
