// SPDX-License-Identifier: MIT
#include "subject.h"

#include <sstream>

#include "failure.h"

namespace rondo::bench {

std::vector<Subject> rondo_subjects(const std::string& rondo_echo) {
  const auto with = [&](std::string name, std::string floor, std::vector<std::string> options) {
    options.insert(options.begin(), {rondo_echo, "--listen=127.0.0.1:0"});
    return Subject{std::move(name), std::move(floor), std::move(options)};
  };
  const std::string epoll = "--backend=epoll";
  const std::string io_uring = "--backend=io_uring";
  return {
      with("edge-receive", "epoll_edge", {epoll, "--trigger=edge", "--read=receive"}),
      with("edge-span", "epoll_edge", {epoll, "--trigger=edge", "--read=span"}),
      with("level-receive", "epoll_level", {epoll, "--trigger=level", "--read=receive"}),
      with("level-span", "epoll_level", {epoll, "--trigger=level", "--read=span"}),
      with("poll-receive", "poll", {"--backend=poll", "--read=receive"}),
      with("poll-span", "poll", {"--backend=poll", "--read=span"}),
      with("select-receive", "select", {"--backend=select", "--read=receive"}),
      with("select-span", "select", {"--backend=select", "--read=span"}),
      with("uring-receive", "uring_multishot", {io_uring, "--read=receive"}),
      with("uring-span", "uring_single", {io_uring, "--read=span"}),
  };
}

std::vector<Subject> floor_subjects() {
  std::vector<Subject> subjects;
  for (const char* name :
       {"epoll_level", "epoll_edge", "poll", "select", "uring_single", "uring_multishot"}) {
    subjects.push_back({.name = name, .floor = "epoll_level", .command = {name, "0"}});
  }
  return subjects;
}

Subject parse_subject(std::string_view text) {
  const size_t first = text.find('=');
  const size_t second = first == text.npos ? text.npos : text.find('=', first + 1);
  if (second == text.npos) {
    throw Failure("'" + std::string(text) + "' is not of the form name=floor=command");
  }
  Subject subject = {.name = std::string(text.substr(0, first)),
                     .floor = std::string(text.substr(first + 1, second - first - 1)),
                     .command = {}};
  std::istringstream words{std::string(text.substr(second + 1))};
  for (std::string word; words >> word;) subject.command.push_back(word);
  if (subject.name.empty() || subject.floor.empty() || subject.command.empty()) {
    throw Failure("'" + std::string(text) + "' lacks a name, a floor or a command");
  }
  return subject;
}

}  // namespace rondo::bench
