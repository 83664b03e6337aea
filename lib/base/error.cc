// SPDX-License-Identifier: MIT
#include "rondo/base/error.h"

namespace rondo {
namespace {

class RondoCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "rondo"; }

  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::end_of_stream:
        return "end of stream";
      case Errc::canceled:
        return "operation canceled by a stop request";
      case Errc::timed_out:
        return "deadline passed";
      case Errc::closed:
        return "closed";
      case Errc::broken:
        return "stream broken: bytes were lost when a frame was destroyed in mid-operation";
      case Errc::out_of_memory:
        return "a pool of the library reached its limit";
      case Errc::descriptor_too_large:
        return "descriptor too large: select waits only for those below FD_SETSIZE; poll, epoll "
               "and io_uring wait for all";
    }
    return "unknown rondo error " + std::to_string(code);
  }

  // So that `code == std::errc::operation_canceled` says what a reader expects.
  std::error_condition default_error_condition(int code) const noexcept override {
    switch (static_cast<Errc>(code)) {
      case Errc::canceled:
        return std::errc::operation_canceled;
      case Errc::timed_out:
        return std::errc::timed_out;
      case Errc::out_of_memory:
        return std::errc::not_enough_memory;
      case Errc::descriptor_too_large:
        return std::errc::too_many_files_open;
      default:
        return {code, *this};
    }
  }
};

}  // namespace

const std::error_category& rondo_category() noexcept {
  static const RondoCategory category;
  return category;
}

}  // namespace rondo
