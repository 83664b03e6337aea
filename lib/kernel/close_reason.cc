// SPDX-License-Identifier: MIT
#include "rondo/kernel/close_reason.h"

#include <cerrno>

namespace rondo {

std::string_view name_of(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::kLocal:
      return "local";
    case CloseReason::kPeer:
      return "peer";
    case CloseReason::kReset:
      return "reset";
    case CloseReason::kError:
      return "error";
    case CloseReason::kCanceled:
      return "canceled";
  }
  return "unknown";
}

CloseReason reason_of(Error failure) noexcept {
  const int number = failure.number();
  if (failure.is(Errc::end_of_stream)) return CloseReason::kPeer;
  if (number == ECONNRESET || number == EPIPE) return CloseReason::kReset;
  if (failure.is(Errc::canceled) || number == ECANCELED) return CloseReason::kCanceled;
  return CloseReason::kError;
}

}  // namespace rondo
