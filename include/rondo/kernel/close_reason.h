// SPDX-License-Identifier: MIT
// Why connections end, as far as a loop can know.
#pragma once

#include <cstdint>
#include <string_view>

#include "rondo/base/error.h"

namespace rondo {

// What a connection had come to when it was closed: what the last operation failed with, if one
// has.
enum class CloseReason : std::uint8_t {
  kLocal,     // nothing: it was closed on this side
  kPeer,      // the end of the stream, which the peer has finished
  kReset,     // ECONNRESET or EPIPE
  kError,     // another error
  kCanceled,  // a stop request or a timeout
};
inline constexpr CloseReason kCloseReasons[] = {CloseReason::kLocal, CloseReason::kPeer,
                                                CloseReason::kReset, CloseReason::kError,
                                                CloseReason::kCanceled};

// "local", "peer", "reset", "error", "canceled".
std::string_view name_of(CloseReason reason) noexcept;

// What an operation's failure says about its connection. `failure` is one.
CloseReason reason_of(Error failure) noexcept;

}  // namespace rondo
