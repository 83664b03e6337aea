// SPDX-License-Identifier: MIT
// How much of io_uring a loop may use.
#pragma once

#include <cstdint>
#include <string_view>

namespace rondo {

// How completions reach the loop's thread. Each is an older kernel's way than the one before it.
enum class UringRung : std::uint8_t {
  kHighest,  // the highest of these that this machine has
  kTop,      // one issuer, whose enter runs all completion work (Linux 6.1)
  kCoop,     // completion work waits for the thread's next system call (5.19)
  kPlain,    // completion work interrupts the thread (5.10)
};

// "highest", "top", "coop", "plain".
std::string_view name_of(UringRung rung) noexcept;

// Everything is used by default, as far as the machine has it. Less is for tests of what older
// kernels do, and for kernels on which something is broken. The environment variable RONDO_URING
// asks for the same, on top of what is here, when a loop is created:
//
//   RONDO_URING=coop,no-multishot   top coop plain | no-multishot no-buffer-ring no-ext-arg
//                                   | restricted
//
// A loop on BackendKind::kIoUring takes what it can get and tells in its BackendChoice, but a rung
// that is named is an error where it cannot be had. kAuto takes io_uring only with all of it.
struct UringOptions {
  UringRung rung = UringRung::kHighest;

  // One request accepts all connections of a listener, and one receives all bytes of a stream;
  // false: one for each.
  bool multishot = true;
  // Receives share blocks that are lent to the kernel, so that an idle connection holds none;
  // false: each receive that waits holds a block of the pool, and beyond PoolOptions::max_blocks
  // they wait for one. Also ends multishot receives.
  bool buffer_ring = true;
  // A wait says itself when it is to end; false: a request of its own does.
  bool ext_arg = true;

  // The kernel refuses everything on the ring that the loop does not need, so that nobody who takes
  // the process over can open files by it. For hardening; costs nothing that could be measured.
  // An error where it cannot be had (Linux 5.10).
  bool restricted = false;

  unsigned submissions = 1024;  // entries; a turn that fills in more submits in the middle
  unsigned completions = 8192;  // entries; more than that at once is an overflow, slow but not lost
  unsigned buffers = 8192;      // blocks that may be lent to the kernel; a power of two
};

}  // namespace rondo
