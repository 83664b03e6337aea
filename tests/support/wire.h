// SPDX-License-Identifier: MIT
// The calls on sockets that a peer without the library makes: the kernel's, or those of the network
// of a simulated world, if the test has one.
#pragma once

#include <sys/types.h>

#include <span>

#include "rondo/base/fd.h"
#include "rondo/kernel/control.h"
#include "rondo/net/address.h"

namespace rondo::wire {

enum class Wait { kNo, kYes };  // up to 20 s; in a simulated world, for what is on its way

// As the system calls of these names: -1 and errno for a failure, EAGAIN for a wait in vain. EINTR
// is never seen. send() raises no SIGPIPE.
Fd socket(int family);
control::SocketPair socket_pair();
int connect(int fd, const Address& server, Wait wait);
int listen(int fd, const Address& address, int backlog);
Fd accept(int fd);
ssize_t send(int fd, std::span<const char> bytes, Wait wait);
ssize_t receive(int fd, std::span<char> into, Wait wait);
int shutdown(int fd, int how);
// What is on its way between Unix sockets arrives; the kernel needs no such call.
void let_arrive();

}  // namespace rondo::wire
