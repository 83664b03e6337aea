// SPDX-License-Identifier: MIT
// When to accept again after something was used up.
#pragma once

#include "rondo/base/clock.h"
#include "rondo/base/error.h"

namespace rondo {

// EMFILE, ENFILE, ENOBUFS, ENOMEM and Errc::descriptor_too_large leave the connection in the queue,
// so that accepting again at once would meet the same again. The pause before the next accept is
// 10 ms and doubles up to 160 ms, until an accept ends otherwise.
class AcceptBackOff {
 public:
  // What an accept came to; no error if that was a connection.
  void heed(Error outcome) noexcept {
    if (outcome || pause_ != Duration(0)) [[unlikely]] {
      change(outcome);
    }
  }

  // To be waited for before the next accept; mostly 0.
  Duration pause() const noexcept { return pause_; }

  static bool is_used_up(Error error) noexcept;

 private:
  void change(Error outcome) noexcept;

  Duration pause_{0};
};

}  // namespace rondo
