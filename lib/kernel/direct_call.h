// SPDX-License-Identifier: MIT
// recv(2) and send(2) without the C library's wrapper.
//
// glibc's are cancellation points: in a process with a second thread each call takes some 50
// instructions more, two locked ones among them, for pthread_cancel, which nobody may use on a
// loop's thread; and syscall(2) shifts its arguments. So on x86-64 the instruction itself (the
// kernel's convention: "x86-64 ABI", A.2.1), elsewhere the wrapper; the sanitizers follow that one.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>

#include "rondo/base/sanitizer.h"

namespace rondo {

#if defined(__x86_64__) && defined(__LP64__) && !defined(RONDO_ASAN) && !defined(RONDO_TSAN)
#define RONDO_CALLS_DIRECTLY 1

// The system call `number` on a socket without an address: recvfrom or sendto.
inline ssize_t socket_call(long number, int fd, const void* memory, std::size_t size,
                           long flags) noexcept {
  register long flags_at asm("r10") = flags;
  register long address_at asm("r8") = 0;
  register long length_at asm("r9") = 0;
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(static_cast<long>(fd)), "S"(memory), "d"(size), "r"(flags_at),
                 "r"(address_at), "r"(length_at)
               : "rcx", "r11", "memory");
  if (result < 0) [[unlikely]] {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}

#endif

inline ssize_t direct_recv(int fd, std::byte* memory, std::size_t size) noexcept {
#ifdef RONDO_CALLS_DIRECTLY
  return socket_call(SYS_recvfrom, fd, memory, size, 0);
#else
  return ::recv(fd, memory, size, 0);
#endif
}

// Never raises SIGPIPE.
inline ssize_t direct_send(int fd, const std::byte* bytes, std::size_t size) noexcept {
#ifdef RONDO_CALLS_DIRECTLY
  return socket_call(SYS_sendto, fd, bytes, size, MSG_NOSIGNAL);
#else
  return ::send(fd, bytes, size, MSG_NOSIGNAL);
#endif
}

}  // namespace rondo
