// SPDX-License-Identifier: MIT
// What serves the connections of a listener.
#pragma once

#include <type_traits>
#include <utility>

#include "rondo/coro/task.h"
#include "rondo/net/socket_stream.h"
#include "rondo/net/tcp_stream.h"
#include "rondo/net/unix_stream.h"

namespace rondo {

// A user's function behind one type. Called by all loops, at the same time.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;

  // Whether it takes streams of AF_UNIX; whether it takes those of AF_INET and AF_INET6.
  virtual bool takes_unix() const noexcept = 0;
  virtual bool takes_tcp() const noexcept = 0;

  // The task that serves this connection.
  virtual Task<> serve(Socket socket) const = 0;
};

// A function that gives a Task<> for a Stream, and does not change when it is called.
template <class Function, class Stream>
concept Serves = std::is_same_v<std::invoke_result_t<const Function&, Stream>, Task<>>;

template <class Function>
inline constexpr bool serves_any_v = requires(const Function& function, SocketStream stream) {
  function(std::move(stream));
};
template <class Function>
inline constexpr bool serves_tcp_v = requires(const Function& function, TcpStream stream) {
  function(std::move(stream));
};
template <class Function>
inline constexpr bool serves_unix_v = requires(const Function& function, UnixStream stream) {
  function(std::move(stream));
};

// A function of SocketStream, or of TcpStream or UnixStream alone.
template <class Function>
concept ServesConnections =
    serves_any_v<Function> || serves_tcp_v<Function> || serves_unix_v<Function>;

// Keeps the function, which therefore outlives every task that it gives: what a lambda captures
// stays where it is.
template <ServesConnections Function>
class HandlerOf final : public ConnectionHandler {
  using Stream =
      std::conditional_t<serves_any_v<Function>, SocketStream,
                         std::conditional_t<serves_tcp_v<Function>, TcpStream, UnixStream>>;
  static_assert(Serves<Function, Stream>, "serve: the function must return Task<>");

 public:
  explicit HandlerOf(Function function) : function_(std::move(function)) {}

  bool takes_unix() const noexcept override { return !std::is_same_v<Stream, TcpStream>; }
  bool takes_tcp() const noexcept override { return !std::is_same_v<Stream, UnixStream>; }
  Task<> serve(Socket socket) const override { return function_(Stream(std::move(socket))); }

 private:
  const Function function_;
};

}  // namespace rondo
