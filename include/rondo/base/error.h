// SPDX-License-Identifier: MIT
// What an operation can fail with: the kernel's errno, or one of the library's own few outcomes.
#pragma once

#include <string>
#include <system_error>

namespace rondo {

// Outcomes that the kernel has no errno for. They share one number space with errno (which stays
// below 4096), so that a result is one int.
enum class Errc : int {
  end_of_stream = 4096,  // the peer has finished sending; everything it sent has been delivered
  canceled,              // a stop request ended the operation before it had a result
  timed_out,             // the deadline of a with_timeout passed before there was a result
  closed,                // the stream or listener was closed, or never opened
  broken,                // bytes were lost when a frame was destroyed in mid-operation
  out_of_memory,         // a limit of the library's own pools was reached
  descriptor_too_large,  // select cannot wait for a descriptor whose number is FD_SETSIZE or more
};

// The category of Errc, named "rondo". Errnos keep std::system_category.
const std::error_category& rondo_category() noexcept;

inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), rondo_category()};
}

// An errno or an Errc in four bytes; 0 is success. The std::error_code is made on demand.
class Error {
 public:
  constexpr Error() noexcept = default;
  constexpr Error(Errc code) noexcept : number_(static_cast<int>(code)) {}  // NOLINT: implicit
  static constexpr Error from_errno(int number) noexcept { return Error(number); }

  constexpr explicit operator bool() const noexcept { return number_ != 0; }
  constexpr int number() const noexcept { return number_; }
  constexpr bool is(Errc code) const noexcept { return number_ == static_cast<int>(code); }

  std::error_code code() const noexcept {
    return number_ < static_cast<int>(Errc::end_of_stream)
               ? std::error_code(number_, std::system_category())
               : make_error_code(static_cast<Errc>(number_));
  }
  operator std::error_code() const noexcept { return code(); }  // NOLINT: an Error is one
  std::string message() const { return code().message(); }

  friend constexpr bool operator==(Error a, Error b) noexcept = default;

 private:
  constexpr explicit Error(int number) noexcept : number_(number) {}

  int number_ = 0;
};

}  // namespace rondo

template <>
struct std::is_error_code_enum<rondo::Errc> : std::true_type {};
