// SPDX-License-Identifier: MIT
// UnixAddress: the name of a Unix stream socket, as a value.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rondo/base/result.h"

namespace rondo {

// A path in the file system, or an abstract name that exists only as long as its socket does. 112
// bytes, copied freely, the kernel's own layout inside. No call touches the file system.
//
//   unix:/run/game.sock    a path; relative ones are allowed and mean what they mean to bind(2)
//   unix:@game             an abstract name, of any bytes
//   unix:@                 no name: to listen on one of the kernel's choice (an abstract one); also
//                          what the client's end of a connection is called
class UnixAddress {
 public:
  // A path or abstract name has at most so many bytes.
  static constexpr std::size_t kMaxBytes = sizeof(sockaddr_un::sun_path) - 1;

  // unix:@
  UnixAddress() noexcept : UnixAddress(std::string_view()) {}

  // Reads what to_string prints. Error: kInvalidArgument with one line that says what is wrong: too
  // long (with the limit), empty, no "unix:", a NUL byte in a path.
  static absl::StatusOr<UnixAddress> parse(std::string_view text);

  // What the kernel wrote. Error: EAFNOSUPPORT for another family, EINVAL for a bad size.
  static Result<UnixAddress> from_native(const sockaddr* address, socklen_t size) noexcept;
  // The two ends of a socket. Errors: EAFNOSUPPORT; ENOTCONN for a peer that is not there.
  static Result<UnixAddress> local_of(int fd) noexcept;
  static Result<UnixAddress> peer_of(int fd) noexcept;

  // What parse reads. An abstract name's bytes are given as they are.
  std::string to_string() const;

  bool is_unnamed() const noexcept { return bytes_ == 0; }
  bool is_abstract() const noexcept { return bytes_ != 0 && native_.sun_path[0] == '\0'; }
  bool is_path() const noexcept { return bytes_ != 0 && native_.sun_path[0] != '\0'; }
  // Without the "unix:"; ends with a NUL. Only of a path.
  const char* path() const noexcept { return native_.sun_path; }

  // For the kernel: valid as long as this object is and does not change.
  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&native_); }
  socklen_t size() const noexcept;

  friend bool operator==(const UnixAddress& a, const UnixAddress& b) noexcept {
    return a.name() == b.name();
  }

 private:
  // `name` is what stands in sun_path, without the NUL behind a path.
  explicit UnixAddress(std::string_view name) noexcept;

  std::string_view name() const noexcept { return {native_.sun_path, bytes_}; }

  sockaddr_un native_{};
  std::uint8_t bytes_;  // of sun_path that are the name
};

}  // namespace rondo
