// SPDX-License-Identifier: MIT
#include "rondo/net/socket_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "rondo/kernel/control.h"

namespace rondo {

Result<SocketFile> SocketFile::of(const UnixAddress& path) {
  auto inode = inode_at(path.path());
  if (!inode) return inode.error();
  SocketFile file;
  file.path_ = path.path();
  file.inode_ = *inode;
  return file;
}

Result<void> SocketFile::remove_stale(const UnixAddress& path) {
  // Before the question, so that what is removed is what was asked.
  auto inode = inode_at(path.path());
  if (!inode && inode.error().number() == ENOENT) return {};
  if (!inode) return inode.error();
  if (!inode->is_socket) return Error::from_errno(EEXIST);
  auto probe = control::open_stream_socket(AF_UNIX, BlockingMode::kNonBlocking);
  if (!probe) return probe.error();
  auto answer = control::connect(probe->number(), path.data(), path.size());
  const bool refused = !answer && answer.error().number() == ECONNREFUSED;
  if (!refused) return Error::from_errno(EADDRINUSE);
  remove_if(path.path(), *inode);
  return {};
}

void SocketFile::remove() noexcept {
  if (path_.empty()) return;
  remove_if(path_.c_str(), inode_);
  path_.clear();
}

Result<SocketFile::Inode> SocketFile::inode_at(const char* path) noexcept {
  struct stat seen;
  if (::lstat(path, &seen) != 0) return Error::from_errno(errno);
  return Inode{seen.st_dev, seen.st_ino, S_ISSOCK(seen.st_mode)};
}

void SocketFile::remove_if(const char* path, const Inode& expected) noexcept {
  auto inode = inode_at(path);
  // One that cannot be removed (EACCES, EROFS) is left to the next server, which will replace it.
  if (inode && *inode == expected) static_cast<void>(::unlink(path));
}

}  // namespace rondo
