// SPDX-License-Identifier: MIT
#include "peers.h"

#include <unistd.h>

#include <absl/strings/str_cat.h>

namespace rondo::bench {

std::vector<Subject> peer_subjects(const Programs& programs) {
  const auto peer = [&](std::string name, std::string_view program, std::string_view packages,
                        std::vector<std::string> command = {}) {
    Subject subject = {.name = std::move(name), .kind = Kind::kPeer};
    const std::string path = programs.peer(program);
    if (access(path.c_str(), R_OK) != 0) {
      subject.missing = absl::StrCat("not built: needs ", std::string(packages));
    }
    command.push_back(path);
    subject.command = std::move(command);
    return subject;
  };
  std::vector<Subject> subjects = {
      peer("asio-epoll", "asio-epoll", "libasio-dev"),
      peer("asio-uring", "asio-uring", "libasio-dev"),
      peer("libuv", "libuv", "libuv1-dev"),
      peer("libevent", "libevent", "libevent-dev"),
      peer("libev", "libev", "libev-dev"),
      peer("go", "go", "golang-go"),
      peer("netty", "netty.jar", "libnetty-java default-jdk-headless", {"java", "-jar"}),
  };
  subjects.back().warm_up = 3;  // its code is compiled while it runs
  for (Subject& subject : subjects) subject.command.push_back("0");
  return subjects;
}

}  // namespace rondo::bench
