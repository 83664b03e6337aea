// expect: serve: a handler takes a SocketStream, a TcpStream or a UnixStream by value
// SPDX-License-Identifier: MIT
// Nobody would own the stream.
#include "rondo/runtime/runtime.h"

rondo::Task<> echo(rondo::TcpStream& stream);

void start(rondo::Runtime& runtime) { static_cast<void>(runtime.serve("127.0.0.1:0", echo)); }
