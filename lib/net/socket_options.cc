// SPDX-License-Identifier: MIT
#include "rondo/net/socket_options.h"

#include <cerrno>
#include <limits>

#include "rondo/kernel/control.h"

namespace rondo {
namespace {

// A duration as the kernel's int; EINVAL when it does not fit.
template <class Time>
Result<int> count_of(Time time) noexcept {
  if (time.count() < 0 || time.count() > std::numeric_limits<int>::max()) {
    return Error::from_errno(EINVAL);
  }
  return static_cast<int>(time.count());
}

// The kernel's form of a value, and the value of the kernel's form.
Result<int> to_native(bool on) noexcept { return on ? 1 : 0; }
Result<int> to_native(int number) noexcept { return number; }
Result<int> to_native(std::chrono::seconds time) noexcept { return count_of(time); }
Result<int> to_native(std::chrono::milliseconds time) noexcept { return count_of(time); }
Result<int> to_native(std::chrono::microseconds time) noexcept { return count_of(time); }
Result<linger> to_native(std::optional<std::chrono::seconds> time) noexcept {
  if (!time) return linger{.l_onoff = 0, .l_linger = 0};
  auto seconds = count_of(*time);
  if (!seconds) return seconds.error();
  return linger{.l_onoff = 1, .l_linger = *seconds};
}

template <class Value>
Value from_native(int number) noexcept {
  if constexpr (std::same_as<Value, bool>) {
    return number != 0;
  } else {
    return Value(number);
  }
}
template <class Value>
Value from_native(const linger& native) noexcept {
  if (native.l_onoff == 0) return std::nullopt;
  return std::chrono::seconds(native.l_linger);
}

}  // namespace

template <OptionValue Value>
Result<void> write_option_value(int fd, int level, int name, Value value) noexcept {
  auto native = to_native(value);
  if (!native) return native.error();
  return control::set_option(fd, level, name, *native);
}

template <OptionValue Value>
Result<Value> read_option_value(int fd, int level, int name) noexcept {
  using Native =
      std::conditional_t<std::same_as<Value, std::optional<std::chrono::seconds>>, linger, int>;
  auto native = control::get_option<Native>(fd, level, name);
  if (!native) return native.error();
  return from_native<Value>(*native);
}

template Result<void> write_option_value(int, int, int, bool) noexcept;
template Result<void> write_option_value(int, int, int, int) noexcept;
template Result<void> write_option_value(int, int, int, std::chrono::seconds) noexcept;
template Result<void> write_option_value(int, int, int, std::chrono::milliseconds) noexcept;
template Result<void> write_option_value(int, int, int, std::chrono::microseconds) noexcept;
template Result<void> write_option_value(int, int, int,
                                         std::optional<std::chrono::seconds>) noexcept;

template Result<bool> read_option_value(int, int, int) noexcept;
template Result<int> read_option_value(int, int, int) noexcept;
template Result<std::chrono::seconds> read_option_value(int, int, int) noexcept;
template Result<std::chrono::milliseconds> read_option_value(int, int, int) noexcept;
template Result<std::chrono::microseconds> read_option_value(int, int, int) noexcept;
template Result<std::optional<std::chrono::seconds>> read_option_value(int, int, int) noexcept;

Result<void> take_pending_error(int fd) noexcept {
  auto pending = control::get_option<int>(fd, SOL_SOCKET, SO_ERROR);
  if (!pending) return pending.error();
  if (*pending != 0) return Error::from_errno(*pending);
  return {};
}

}  // namespace rondo
