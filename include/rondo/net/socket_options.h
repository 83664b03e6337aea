// SPDX-License-Identifier: MIT
// Socket options with types and units.
//
//   auto done = set_option(fd, NoDelay{true});
//   auto idle = get_option<KeepAliveIdle>(fd);   // Result<std::chrono::seconds>
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <concepts>
#include <optional>

#include "rondo/base/result.h"

namespace rondo {

// What an option's value can be. Durations are the kernel's own units: what does not fit into its
// int, or is negative, is EINVAL. An absent linger time is "off".
template <class Value>
concept OptionValue = std::same_as<Value, bool> || std::same_as<Value, int> ||
    std::same_as<Value, std::chrono::seconds> || std::same_as<Value, std::chrono::milliseconds> ||
    std::same_as<Value, std::chrono::microseconds> ||
    std::same_as<Value, std::optional<std::chrono::seconds>>;

// One option of the kernel with its value.
template <int kLevel_, int kName_, OptionValue Value>
struct SocketOption {
  using value_type = Value;
  static constexpr int kLevel = kLevel_;
  static constexpr int kName = kName_;

  Value value;
};

// Any stream socket (man 7 socket).

// A listener may bind while old connections of its port linger in TIME_WAIT.
using ReuseAddress = SocketOption<SOL_SOCKET, SO_REUSEADDR, bool>;
// Several listeners share one address; the kernel spreads connections over them. Before the bind.
using ReusePort = SocketOption<SOL_SOCKET, SO_REUSEPORT, bool>;
// What closing does to unsent bytes: absent, the kernel sends them in the background; 0 s, they are
// dropped and the peer sees a reset; otherwise close waits, for at most so long.
using Linger = SocketOption<SOL_SOCKET, SO_LINGER, std::optional<std::chrono::seconds>>;
// The kernel's buffers in bytes; setting one ends its automatic tuning. The kernel doubles what is
// asked for (for its own bookkeeping) and caps it at net.core.rmem_max and wmem_max: reading gives
// the doubled number.
using ReceiveBuffer = SocketOption<SOL_SOCKET, SO_RCVBUF, int>;
using SendBuffer = SocketOption<SOL_SOCKET, SO_SNDBUF, int>;
// The CPU on which the last packet came in. Setting it on one of several ReusePort listeners makes
// the kernel prefer that listener for connections which arrive there.
using IncomingCpu = SocketOption<SOL_SOCKET, SO_INCOMING_CPU, int>;
// How long a blocking receive polls the network card. EPERM without CAP_NET_ADMIN to raise it.
using BusyPoll = SocketOption<SOL_SOCKET, SO_BUSY_POLL, std::chrono::microseconds>;

// Probes of an idle connection: after KeepAliveIdle of silence one probe per KeepAliveInterval; the
// connection fails with ETIMEDOUT when KeepAliveProbes of them stay without an answer.
using KeepAlive = SocketOption<SOL_SOCKET, SO_KEEPALIVE, bool>;
using KeepAliveIdle = SocketOption<IPPROTO_TCP, TCP_KEEPIDLE, std::chrono::seconds>;
using KeepAliveInterval = SocketOption<IPPROTO_TCP, TCP_KEEPINTVL, std::chrono::seconds>;
using KeepAliveProbes = SocketOption<IPPROTO_TCP, TCP_KEEPCNT, int>;

// TCP (man 7 tcp).

// Small writes leave at once (no Nagle).
using NoDelay = SocketOption<IPPROTO_TCP, TCP_NODELAY, bool>;
// While on, only full segments leave (for at most 200 ms); turning it off sends the rest.
using Cork = SocketOption<IPPROTO_TCP, TCP_CORK, bool>;
// Acknowledges at once. Not permanent: the kernel goes back to its own judgement.
using QuickAck = SocketOption<IPPROTO_TCP, TCP_QUICKACK, bool>;
// How long sent bytes may stay unacknowledged before the connection fails with ETIMEDOUT; 0 is the
// system's default, a quarter of an hour or so.
using UserTimeout = SocketOption<IPPROTO_TCP, TCP_USER_TIMEOUT, std::chrono::milliseconds>;
// A socket counts as writable only while it holds fewer unsent bytes than this.
using NotSentLowWater = SocketOption<IPPROTO_TCP, TCP_NOTSENT_LOWAT, int>;
// A listener: a connection is accepted when its first bytes are there, or after so long. The kernel
// rounds up to its retransmission times (1, 3, 7, 15... s): reading gives the rounded one.
using DeferAccept = SocketOption<IPPROTO_TCP, TCP_DEFER_ACCEPT, std::chrono::seconds>;

// IPv6 (man 7 ipv6).

// A listener on [::] takes no IPv4 connections. Before the bind.
using Ipv6Only = SocketOption<IPPROTO_IPV6, IPV6_V6ONLY, bool>;

// The conversion to and from the kernel's form, for each OptionValue.
template <OptionValue Value>
Result<void> write_option_value(int fd, int level, int name, Value value) noexcept;
template <OptionValue Value>
Result<Value> read_option_value(int fd, int level, int name) noexcept;

// Sets an option. Errors: EINVAL for a value that the kernel refuses, ENOPROTOOPT for a socket that
// has no such option, EPERM, EBADF. Any thread.
template <int kLevel, int kName, OptionValue Value>
Result<void> set_option(int fd, const SocketOption<kLevel, kName, Value>& option) noexcept {
  return write_option_value(fd, kLevel, kName, option.value);
}

// Reads an option's value. Errors: ENOPROTOOPT, EBADF. Any thread.
template <class Option>
Result<typename Option::value_type> get_option(int fd) noexcept {
  return read_option_value<typename Option::value_type>(fd, Option::kLevel, Option::kName);
}

// The error that has happened to the socket meanwhile (SO_ERROR), of a connect for example; success
// when there is none. Reading it clears it. Any thread.
Result<void> take_pending_error(int fd) noexcept;

}  // namespace rondo
