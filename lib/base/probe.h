// SPDX-License-Identifier: MIT
// Static tracepoints (USDT), for bpftrace, perf and gdb. Where sys/sdt.h was there when the library
// was built, each is a nop and a note in the binary (readelf -n); else nothing at all.
//
//   bpftrace -e 'usdt:./server:rondo:complete { @[arg1] = count(); }'
//
//   submit(fd, code)                   a request goes to the kernel, code as in OpCode
//   complete(fd, code, error, bytes)   an operation has its result: an errno or Errc; bytes of a
//                                      send or read, 0 for a receive, whose bytes are in its chunk
//   resume(loop, node)                 something ready has its turn: an operation, timer, mail
//   close(fd, reason)                  a descriptor is given up, reason as in CloseReason
#pragma once

#if defined(RONDO_HAS_SDT)
#define SDT_USE_VARIADIC
#include <sys/sdt.h>
#define RONDO_PROBE(name, ...) STAP_PROBEV(rondo, name, __VA_ARGS__)
#else
#define RONDO_PROBE(name, ...) static_cast<void>(0)
#endif
