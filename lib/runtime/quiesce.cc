// SPDX-License-Identifier: MIT
#include "runtime/quiesce.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>

namespace rondo {

Result<void> quiesce(int listener, int family) noexcept {
  if (family == AF_UNIX) {
    // What is queued can still be accepted; connect(2) says ECONNREFUSED from now on.
    if (::shutdown(listener, SHUT_RD) != 0) return Error::from_errno(errno);
    return {};
  }
  // A socket filter that drops every segment with SYN. It sees the TCP header at offset 0; the
  // flags are byte 13, SYN is its second bit.
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  const sock_fprog program{.len = 4, .filter = code};
  if (::setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    return Error::from_errno(errno);
  }
  return {};
}

Result<Fd> accept_queued(Slot& listener, bool blocking) noexcept {
  if (listener.accepted != nullptr && !listener.accepted->empty()) {
    const int fd = listener.accepted->front();
    listener.accepted->erase(listener.accepted->begin());
    return Fd(fd);
  }
  const int flags = SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK);
  for (;;) {
    ++listener.table.calls;
    const int fd = ::accept4(listener.fd, nullptr, nullptr, flags);
    if (fd >= 0) return Fd(fd);
    if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO) return Error::from_errno(errno);
  }
}

}  // namespace rondo
