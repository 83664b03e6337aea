// SPDX-License-Identifier: MIT
// The file that a listening Unix socket is found by.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "rondo/base/result.h"
#include "rondo/net/unix_address.h"

namespace rondo {

// Removes the file at its end if that is still the one that it was made for. Move-only.
class SocketFile {
 public:
  SocketFile() noexcept = default;
  SocketFile(SocketFile&& other) noexcept
      : path_(std::exchange(other.path_, {})), inode_(other.inode_) {}
  SocketFile& operator=(SocketFile&& other) noexcept {
    SocketFile taken(std::move(other));
    std::swap(path_, taken.path_);
    std::swap(inode_, taken.inode_);
    return *this;
  }
  ~SocketFile() { remove(); }

  // Takes over the file that is at a path now. What lstat(2) says.
  static Result<SocketFile> of(const UnixAddress& path);

  // Removes the file at a path if the server that made it is dead, which is when a connection is
  // refused. EADDRINUSE when a server is alive there, EEXIST when the file is no socket.
  static Result<void> remove_stale(const UnixAddress& path);

  // Removes it now; nothing when that is done, or another file has taken its place.
  void remove() noexcept;

 private:
  // What tells a file from others that had or will have its path.
  struct Inode {
    dev_t device = 0;
    ino_t number = 0;
    bool is_socket = false;
    bool operator==(const Inode&) const = default;
  };
  static Result<Inode> inode_at(const char* path) noexcept;
  static void remove_if(const char* path, const Inode& expected) noexcept;

  std::string path_;  // empty: there is nothing to remove
  Inode inode_;
};

}  // namespace rondo
