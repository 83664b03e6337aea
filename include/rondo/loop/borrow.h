// SPDX-License-Identifier: MIT
// What may be passed to a task that nobody joins: values, and what is wrapped on purpose.
#pragma once

#include <concepts>
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>

namespace rondo {

// A reference that somebody has thought about: the thing outlives the task that it is given to.
template <class T>
class Borrowed {
 public:
  explicit Borrowed(T& thing) noexcept : thing_(&thing) {}
  operator T&() const noexcept { return *thing_; }  // NOLINT: stands in for the reference
  T& get() const noexcept { return *thing_; }

 private:
  T* thing_;
};

template <class T>
Borrowed<T> borrow(T& thing) noexcept {
  return Borrowed<T>(thing);
}
template <class T>
void borrow(const T&& temporary) = delete;

template <class T>
inline constexpr bool is_view_v = false;
template <class T>
inline constexpr bool is_view_v<std::reference_wrapper<T>> = true;
template <class T, std::size_t Extent>
inline constexpr bool is_view_v<std::span<T, Extent>> = true;
template <class Char, class Traits>
inline constexpr bool is_view_v<std::basic_string_view<Char, Traits>> = true;

// True for what keeps its own value when it is copied into a task's frame.
template <class T>
concept OwnsItsValue = !std::is_pointer_v<std::decay_t<T>> && !is_view_v<std::decay_t<T>>;

}  // namespace rondo
