// SPDX-License-Identifier: MIT
// Constants of the kernel's interface that are younger than liburing 2.3, under names of our own.
#pragma once

#include <cstdint>

namespace rondo::uapi {

inline constexpr unsigned kFeatureBundle = 1u << 14;      // Linux 6.10
inline constexpr unsigned kFeatureMinTimeout = 1u << 15;  // Linux 6.12
inline constexpr unsigned kFeatureNoIowait = 1u << 17;    // Linux 6.15
inline constexpr unsigned kEnterNoIowait = 1u << 7;

inline constexpr unsigned kBufferRingIncremental = 2;  // Linux 6.12; in io_uring_buf_reg::pad

inline constexpr unsigned kRegisterNapi = 27;  // Linux 6.9
inline constexpr unsigned kUnregisterNapi = 28;
struct Napi {
  std::uint32_t busy_poll_us = 0;
  std::uint8_t prefer_busy_poll = 0;
  std::uint8_t pad[3] = {};
  std::uint64_t reserved = 0;
};

}  // namespace rondo::uapi
