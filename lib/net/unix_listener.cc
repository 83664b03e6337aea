// SPDX-License-Identifier: MIT
#include "rondo/net/unix_listener.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include "rondo/base/simulated.h"
#include "rondo/kernel/control.h"

namespace rondo {
namespace {

// The one sentence that a person needs.
absl::Status cannot_listen(const UnixAddress& address, Error error) {
  const std::string text = "cannot listen on " + address.to_string() + ": " + error.message();
  switch (error.number()) {
    case EADDRINUSE:
      return absl::AlreadyExistsError(text +
                                      "; a server is listening there, stop it or choose "
                                      "another name");
    case EEXIST:
      return absl::AlreadyExistsError(text + " and is no socket; remove it or choose another path");
    case ENOENT:
      return absl::NotFoundError(text + "; its folder must exist");
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(text + "; its folder must be writable");
    case EOPNOTSUPP:
      return absl::InvalidArgumentError(text + "; a Unix address cannot be shared (reuse_port)");
    case EMFILE:
      return absl::ResourceExhaustedError(text + "; raise the limit (ulimit -n)");
    default:
      return absl::UnavailableError(text);
  }
}

}  // namespace

absl::StatusOr<UnixListener> UnixListener::listen(Loop& loop, const UnixAddress& address,
                                                  const ListenOptions& options) {
  if (options.reuse_port) return cannot_listen(address, Error::from_errno(EOPNOTSUPP));
  auto socket = Socket::open_stream(loop, AF_UNIX);
  if (!socket) return cannot_listen(address, socket.error());
  // Linux gives the file the mode that the socket has.
  if (address.is_path() && ::fchmod(socket->fd(), options.mode) != 0 &&
      !is_simulated(socket->fd())) {
    return cannot_listen(address, Error::from_errno(errno));
  }
  auto done = control::bind(socket->fd(), address.data(), address.size());
  // A simulated name is in no file system.
  const bool has_file = address.is_path() && !is_simulated(socket->fd());
  if (!done && done.error().number() == EADDRINUSE && has_file) {
    done = SocketFile::remove_stale(address);
    if (done) done = control::bind(socket->fd(), address.data(), address.size());
  }
  if (!done) return cannot_listen(address, done.error());
  SocketFile file;
  if (has_file) {
    auto made = SocketFile::of(address);
    if (!made) return cannot_listen(address, made.error());
    file = std::move(*made);
  }
  done = control::listen(socket->fd(), options.backlog);
  if (!done) return cannot_listen(address, done.error());
  return UnixListener(std::move(*socket), options.trigger, std::move(file));
}

}  // namespace rondo
