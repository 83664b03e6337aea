// SPDX-License-Identifier: MIT
// SimNetwork: how a connection is made and taken.
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "kernel/sim/network.h"

namespace rondo {
namespace {

// A request that nobody answers is made again after 1, 2, 4, ... seconds (RFC 6298, section 2), and
// given up after so many times, which takes about two minutes (man 7 tcp, tcp_syn_retries).
constexpr int kMostAttempts = 7;
constexpr Duration kFirstPause = std::chrono::seconds(1);

bool is_path(const SocketName& name) noexcept {
  return reinterpret_cast<const sockaddr_un&>(name.storage).sun_path[0] != '\0';
}

}  // namespace

Result<void> SimNetwork::connect(int number, const sockaddr* name, socklen_t size) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  if (const Error fault = simulation_.fault(sim::Call::kConnect, number)) return fault;
  if (socket->phase == SimSocket::Phase::kConnecting) return Error::from_errno(EALREADY);
  if (socket->phase != SimSocket::Phase::kFresh) return Error::from_errno(EISCONN);
  const SocketName server = SimNames::name_from(name, size);
  if (server.storage.ss_family != socket->family) return Error::from_errno(EAFNOSUPPORT);
  if (!SimNames::is_reachable(server)) return Error::from_errno(ENETUNREACH);
  const SocketPointer& client = sockets_[static_cast<std::size_t>(number - first_number())];
  if (!socket->is_tcp()) {
    SimSocket* listener = names_.listener_at(server, simulation_.random);
    if (listener == nullptr) {
      const bool missing = is_path(server) && !names_.is_taken(server);
      return Error::from_errno(missing ? ENOENT : ECONNREFUSED);
    }
    if (listener->waiting.size() >= listener->most_waiting) return Error::from_errno(EAGAIN);
    names_.bind_for(*socket, server);
    socket->remote = server;
    enqueue(client, *listener);
    socket->phase = SimSocket::Phase::kConnected;
    return {};
  }
  names_.bind_for(*socket, server);
  socket->remote = server;
  socket->phase = SimSocket::Phase::kConnecting;
  simulation_.record("connects", number);
  request(client, 1);
  return Error::from_errno(EINPROGRESS);
}

void SimNetwork::request(const SocketPointer& client, int attempt) {
  const Duration wait = delay(client->local, client->remote);
  if (wait == Duration::max()) return request_again(client, attempt);
  simulation_.agenda.add(after(simulation_.now(), wait),
                         [this, weak = std::weak_ptr(client), attempt] {
                           if (auto known = weak.lock()) request_arrives(known, attempt);
                         });
}

void SimNetwork::request_again(const SocketPointer& client, int attempt) {
  const Duration pause = kFirstPause * (1 << (attempt - 1));
  simulation_.agenda.add(after(simulation_.now(), pause),
                         [this, weak = std::weak_ptr(client), attempt] {
                           auto known = weak.lock();
                           if (known == nullptr) return;
                           if (attempt < kMostAttempts) return request(known, attempt + 1);
                           answer(known, Error::from_errno(ETIMEDOUT));
                         });
}

void SimNetwork::request_arrives(const SocketPointer& client, int attempt) {
  if (client->phase != SimSocket::Phase::kConnecting) return;
  SimSocket* listener = names_.listener_at(client->remote, simulation_.random);
  if (listener != nullptr && listener->waiting.size() >= listener->most_waiting) {
    return request_again(client, attempt);
  }
  if (listener != nullptr) enqueue(client, *listener);
  const Duration wait = delay(client->remote, client->local);
  if (wait == Duration::max()) return request_again(client, attempt);
  const Error error = listener == nullptr ? Error::from_errno(ECONNREFUSED) : Error();
  simulation_.agenda.add(after(simulation_.now(), wait),
                         [this, weak = std::weak_ptr(client), error] {
                           if (auto known = weak.lock()) answer(known, error);
                         });
}

void SimNetwork::answer(const SocketPointer& client, Error error) {
  if (client->phase != SimSocket::Phase::kConnecting) return;
  simulation_.record("is answered", client->number, static_cast<std::uint64_t>(error.number()));
  client->phase = error ? SimSocket::Phase::kFresh : SimSocket::Phase::kConnected;
  client->error = error;
  client->tell_watchers();
}

// The listener's end of the connection.
void SimNetwork::enqueue(const SocketPointer& client, SimSocket& listener) {
  if (client->inbound != nullptr) return;  // the answer to an earlier request was lost
  auto server =
      std::make_shared<SimSocket>(listener.family, listener.send_buffer, listener.receive_buffer);
  server->phase = SimSocket::Phase::kConnected;
  server->local = client->remote;
  server->remote = client->local;
  server->options = listener.options;
  const SimEnd client_end{client, client->local};
  const SimEnd server_end{server, server->local};
  client->outbound = server->inbound = std::make_shared<SimPipe>(
      client->send_buffer + server->receive_buffer, client_end, server_end);
  client->inbound = server->outbound = std::make_shared<SimPipe>(
      server->send_buffer + client->receive_buffer, server_end, client_end);
  listener.waiting.push_back(std::move(server));
  simulation_.record("has a connection waiting", listener.number, listener.waiting.size());
  listener.tell_watchers();
}

Result<void> SimNetwork::connected(int number) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  if (socket->error) return std::exchange(socket->error, {});
  if (socket->phase == SimSocket::Phase::kConnecting) return Error::from_errno(EAGAIN);
  if (socket->phase != SimSocket::Phase::kConnected) return Error::from_errno(ENOTCONN);
  return {};
}

Result<Fd> SimNetwork::accept(int number) {
  SimSocket* listener = find(number);
  if (listener == nullptr) return Error::from_errno(EBADF);
  if (const Error fault = simulation_.fault(sim::Call::kAccept, number)) return fault;
  if (listener->phase != SimSocket::Phase::kListening) return Error::from_errno(EINVAL);
  if (listener->waiting.empty()) return Error::from_errno(EAGAIN);
  if (is_full()) return Error::from_errno(EMFILE);
  SocketPointer connection = std::move(listener->waiting.front());
  listener->waiting.pop_front();
  Fd fd = add(std::move(connection));
  simulation_.record("accepted", fd.number());
  return fd;
}

}  // namespace rondo
