// SPDX-License-Identifier: MIT
#include "rondo/net/accept_back_off.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace rondo {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(10);
constexpr Duration kLongestPause = std::chrono::milliseconds(160);

}  // namespace

bool AcceptBackOff::is_used_up(Error error) noexcept {
  const int number = error.number();
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM ||
         error.is(Errc::descriptor_too_large);
}

void AcceptBackOff::change(Error outcome) noexcept {
  pause_ = is_used_up(outcome) ? std::clamp(pause_ * 2, kFirstPause, kLongestPause) : Duration(0);
}

}  // namespace rondo
