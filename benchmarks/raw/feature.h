// SPDX-License-Identifier: MIT
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Parts of io_uring that a server can do without. `uring_multishot` is measured with each of them
// beside itself without any; README.md has what came out.
struct features {
  bool direct;            // sockets live in the ring's own table and have no descriptors
  bool incremental;       // one buffer takes several chunks, one behind the other (Linux 6.12)
  bool sqpoll;            // a thread of the kernel submits
  size_t zero_copy_from;  // sends of so many bytes are not copied; 0: all are
  unsigned min_wait_us;   // wait so long for more completions than one (Linux 6.12); 0: no longer
};

extern struct features features;

// Takes `--feature=NAME` or `--feature=NAME:NUMBER` from the end of the command line, if it is
// there: direct, incremental, sqpoll, zero-copy:BYTES, min-wait:MICROSECONDS. Exits with 2 when the
// name is not known.
void take_feature(int* argc, char** argv);
