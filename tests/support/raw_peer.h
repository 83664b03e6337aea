// SPDX-License-Identifier: MIT
// Sockets without the library: for peers that misbehave, and to look at the wire. In a simulated
// world they are that world's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rondo/base/fd.h"
#include "rondo/net/address.h"

namespace rondo {

// A stream socket whose calls wait, 20 s at most; then an expectation has failed.
class RawPeer {
 public:
  RawPeer() = default;
  explicit RawPeer(Fd fd);

  // `receive_buffer` in bytes; 0 leaves it to the kernel.
  static RawPeer connect(const Address& server, int receive_buffer = 0);
  // In two steps: a socket for connect_to(server), later.
  static RawPeer for_connecting_to(const Address& server);
  void connect_to(const Address& server);

  int fd() const noexcept { return fd_.number(); }
  bool is_open() const noexcept { return fd_.valid(); }

  void send(std::string_view bytes);
  // As much as goes without waiting; how much that was.
  std::size_t send_some(std::string_view bytes);
  // Exactly `count` bytes; fewer only at the end of the stream or on an error.
  std::string receive(std::size_t count);
  std::string receive_to_end();
  // What is there, without waiting.
  std::string receive_some(std::size_t most = 65536);
  // True if the other end has closed or reset; waits for that.
  bool sees_end();
  void finish_sending();
  void close() { fd_ = Fd(); }
  // Closes; over TCP with a reset.
  void reset();

 private:
  Fd fd_;
};

// A listening socket.
class RawListener {
 public:
  explicit RawListener(const Address& any, int backlog = 128);

  Address address() const;
  RawPeer accept();
  int fd() const noexcept { return fd_.number(); }

 private:
  Fd fd_;
};

// An address where connections neither succeed nor fail: the queue of the listener is full, so that
// the kernel drops what would open another one.
class DeafListener {
 public:
  explicit DeafListener(const Address& any);

  Address address() const { return listener_.address(); }

 private:
  RawListener listener_;
  RawPeer queued_[8];
};

}  // namespace rondo
