// SPDX-License-Identifier: MIT
// A server that lets others look into this process: rondo-top, or a person with socat.
//
//   request   one line: "loops", "tasks", "waiting 20", "help"
//   answer    text, to the end of the stream; "error: ..." for what is no request
//
//   $ echo tasks | socat - UNIX-CONNECT:/run/game.inspect
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/net/unix_address.h"
#include "rondo/net/unix_listener.h"
#include "rondo/observe/snapshot.h"
#include "rondo/runtime/loop_thread.h"

namespace rondo {

// Listens on a thread of its own, so that it answers when the loops do not. Whoever may open the
// socket's file (mode 0600: the same user) sees names of tasks and descriptors, and can change
// nothing. At most kMostAtOnce are served at once, each for kLongest at most.
class Inspector {
 public:
  static constexpr std::size_t kMostAtOnce = 8;
  static constexpr Duration kLongest = std::chrono::seconds(10);

  // `address` is a path. The loops outlive it. Errors: as UnixListener::listen; kInvalidArgument
  // for an abstract name, to which everybody could connect; kResourceExhausted without a thread.
  static absl::StatusOr<std::unique_ptr<Inspector>> listen(const UnixAddress& address,
                                                           std::vector<NamedLoop> loops);

  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;
  // Ends all connections and removes the file.
  ~Inspector();

  // Another request: `answer()` gives its text, on the inspector's thread. Any thread.
  void add(std::string name, std::function<std::string()> answer);

  const UnixAddress& address() const noexcept { return address_; }

 private:
  class Requests;

  Inspector() noexcept;

  UnixAddress address_;
  std::unique_ptr<Requests> requests_;
  std::unique_ptr<LoopThread> thread_;
};

}  // namespace rondo
