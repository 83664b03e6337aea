// SPDX-License-Identifier: MIT
// Constants of the kernel's interface that are younger than liburing 2.3, under names of our own.
#pragma once

namespace rondo::uapi {

inline constexpr unsigned kFeatureBundle = 1u << 14;      // Linux 6.10
inline constexpr unsigned kFeatureMinTimeout = 1u << 15;  // Linux 6.12
inline constexpr unsigned kFeatureNoIowait = 1u << 17;    // Linux 6.15
inline constexpr unsigned kEnterNoIowait = 1u << 7;

}  // namespace rondo::uapi
