// SPDX-License-Identifier: MIT
// A value or the error that there is instead of it.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "rondo/base/assert.h"
#include "rondo/base/error.h"

namespace rondo {

// True when it holds a value; false at end of stream, stop, timeout and error, which error() tells
// apart. Reading the value of a failed result is misuse and ends the process. No allocation.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(Error error) noexcept : error_(error) {  // NOLINT: returning an error reads best plain
    require(static_cast<bool>(error), "Result: an error of 0 is no error; return a value");
  }
  Result(Errc code) noexcept : Result(Error(code)) {}  // NOLINT: as above
  template <class U = T>
  requires(std::constructible_from<T, U&&> && !std::same_as<std::remove_cvref_t<U>, Result> &&
           !std::same_as<std::remove_cvref_t<U>, Error> &&
           !std::same_as<std::remove_cvref_t<U>, Errc> &&
           // Or a Result<bool> would be made from any result, by its explicit operator bool.
           (!std::same_as<T, bool> || std::convertible_to<U, bool>)) Result(U&& value)
      : value_(std::forward<U>(value)) {}  // NOLINT: returning a value reads best

  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : error_(other.error_) {
    if (!error_) std::construct_at(std::addressof(value_), std::move(other.value_));
  }
  Result(const Result& other) requires std::copy_constructible<T> : error_(other.error_) {
    if (!error_) std::construct_at(std::addressof(value_), other.value_);
  }
  Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
  ~Result() {
    if (!error_) value_.~T();
  }

  explicit operator bool() const noexcept { return !error_; }
  bool ok() const noexcept { return !error_; }
  Error error() const noexcept { return error_; }

  T& operator*() & noexcept { return checked(); }
  const T& operator*() const& noexcept { return const_cast<Result*>(this)->checked(); }
  T&& operator*() && noexcept { return std::move(checked()); }
  T* operator->() noexcept { return std::addressof(checked()); }
  const T* operator->() const noexcept {
    return std::addressof(const_cast<Result*>(this)->checked());
  }
  T& value() & noexcept { return checked(); }
  T&& value() && noexcept { return std::move(checked()); }

 private:
  T& checked() noexcept {
    require(!error_, "Result: read the value of a result that holds an error; test it first");
    return value_;
  }

  Error error_;
  union {
    T value_;
  };
};

// Success without a value, or an error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() noexcept = default;
  Result(Error error) noexcept : error_(error) {}      // NOLINT: as above
  Result(Errc code) noexcept : error_(Error(code)) {}  // NOLINT: as above

  explicit operator bool() const noexcept { return !error_; }
  bool ok() const noexcept { return !error_; }
  Error error() const noexcept { return error_; }

 private:
  Error error_;
};

template <class T>
inline constexpr bool is_result_v = false;
template <class T>
inline constexpr bool is_result_v<Result<T>> = true;

// The outcome of moving many bytes in several steps: how many went, and what ended it if it was
// not the last byte. Both together, because after a failure half way both are true.
struct [[nodiscard]] Transfer {
  std::size_t bytes = 0;
  Error failure;

  explicit operator bool() const noexcept { return !failure; }
  bool ok() const noexcept { return !failure; }
  Error error() const noexcept { return failure; }
};

}  // namespace rondo
