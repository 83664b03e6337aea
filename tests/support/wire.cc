// SPDX-License-Identifier: MIT
#include "support/wire.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "kernel/sim/network.h"
#include "rondo/base/assert.h"
#include "rondo/base/simulated.h"

namespace rondo::wire {
namespace {

constexpr int kPatience = 20000;  // milliseconds

// The running test's; nullptr when it is on a kernel queue.
SimNetwork* simulated() { return SimNetwork::of(kFirstSimulated); }

// Until the kernel says that the descriptor is ready; false when that takes too long.
bool wait_until_ready(int fd, short events) {
  pollfd ready{.fd = fd, .events = events, .revents = 0};
  for (;;) {
    const int count = ::poll(&ready, 1, kPatience);
    if (count >= 0) return count > 0;
    if (errno != EINTR) return false;
  }
}

// The same, letting happen what is on its way.
bool pass_until_ready(SimNetwork& network, int fd, short events) {
  while ((network.readiness(fd) & events) == 0) {
    if (!network.simulation().run_next(kNever)) return false;
  }
  return true;
}

template <class T>
ssize_t answer(const Result<T>& result) {
  if (!result) errno = result.error().number();
  if constexpr (std::is_void_v<T>) {
    return result ? 0 : -1;
  } else {
    return result ? static_cast<ssize_t>(*result) : -1;
  }
}

// Makes `call()` until it does something other than asking for patience.
template <class Call>
ssize_t patiently(int fd, short events, Wait wait, Call call) {
  for (;;) {
    const ssize_t count = call();
    if (count >= 0 || (errno != EINTR && errno != EAGAIN)) return count;
    if (errno == EINTR) continue;
    SimNetwork* network = is_simulated(fd) ? simulated() : nullptr;
    const bool ready =
        wait == Wait::kYes && (network != nullptr ? pass_until_ready(*network, fd, events)
                                                  : wait_until_ready(fd, events));
    if (!ready) {
      errno = EAGAIN;
      return -1;
    }
  }
}

}  // namespace

Fd socket(int family) {
  Fd fd = simulated() != nullptr
              ? std::move(simulated()->open_socket(family).value())
              : Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  require(fd.valid(), "a test's socket could not be opened");
  return fd;
}

control::SocketPair socket_pair() {
  if (simulated() == nullptr) return control::open_socket_pair(BlockingMode::kNonBlocking).value();
  const Fd listener = socket(AF_UNIX);
  require(listen(listener.number(), Address(UnixAddress()), 1) == 0, "a test's pair");
  Fd first = socket(AF_UNIX);
  const Address name = Address::local_of(listener.number()).value();
  require(connect(first.number(), name, Wait::kNo) == 0, "a test's pair");
  return {std::move(first), accept(listener.number())};
}

int connect(int fd, const Address& server, Wait wait) {
  auto begun = control::connect(fd, server.data(), server.size());
  for (int i = 0; !begun && begun.error().number() == EAGAIN && i < kPatience; ++i) {
    // The queue of a Unix listener is full, and nothing tells when that ends.
    if (wait == Wait::kNo || is_simulated(fd)) break;
    ::poll(nullptr, 0, 1);
    begun = control::connect(fd, server.data(), server.size());
  }
  if (begun) return 0;
  errno = begun.error().number();
  if (errno != EINPROGRESS || wait == Wait::kNo) return -1;
  const bool ready = is_simulated(fd) ? pass_until_ready(*simulated(), fd, POLLOUT)
                                      : wait_until_ready(fd, POLLOUT);
  const int error = ready ? control::get_option<int>(fd, SOL_SOCKET, SO_ERROR).value() : EAGAIN;
  errno = error;
  return error == 0 ? 0 : -1;
}

int listen(int fd, const Address& address, int backlog) {
  auto done = control::bind(fd, address.data(), address.size());
  if (done) done = control::listen(fd, backlog);
  return static_cast<int>(answer(done));
}

Fd accept(int fd) {
  int accepted = -1;
  patiently(fd, POLLIN, Wait::kYes, [&]() -> ssize_t {
    if (!is_simulated(fd)) {
      return accepted = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    }
    auto taken = simulated()->accept(fd);
    if (taken) return accepted = taken->release();
    errno = taken.error().number();
    return -1;
  });
  return Fd(accepted);
}

ssize_t send(int fd, std::span<const char> bytes, Wait wait) {
  return patiently(fd, POLLOUT, wait, [&]() -> ssize_t {
    if (!is_simulated(fd)) return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return answer(simulated()->send(fd, std::as_bytes(bytes)));
  });
}

ssize_t receive(int fd, std::span<char> into, Wait wait) {
  return patiently(fd, POLLIN, wait, [&]() -> ssize_t {
    if (!is_simulated(fd)) return ::recv(fd, into.data(), into.size(), 0);
    return answer(simulated()->receive(fd, std::as_writable_bytes(into)));
  });
}

int shutdown(int fd, int how) { return static_cast<int>(answer(control::shutdown(fd, how))); }

void let_arrive() {
  SimNetwork* network = simulated();
  if (network == nullptr) return;
  while (network->simulation().run_next(network->simulation().now())) {
  }
}

}  // namespace rondo::wire
