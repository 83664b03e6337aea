// SPDX-License-Identifier: MIT
#include "subject.h"

#include <unistd.h>

#include <filesystem>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "failure.h"

namespace rondo::bench {
namespace {

// select sees descriptors below 1024, and the server has some of its own.
void limit_by_select(Subject& subject) {
  subject.most_connections = 1010;
  subject.limit = "select sees 1024 descriptors";
}

Subject echo(const Programs& programs, std::string name, std::string floor,
             std::vector<std::string> options) {
  options.insert(options.begin(), {programs.tool("rondo-echo"), "--listen=127.0.0.1:0"});
  return {.name = std::move(name),
          .kind = Kind::kRondo,
          .floor = std::move(floor),
          .command = std::move(options)};
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kRondo:
      return "rondo";
    case Kind::kFloor:
      return "floor";
    case Kind::kPeer:
      return "peer";
    case Kind::kModel:
      return "model";
    case Kind::kOther:
      break;
  }
  return "other";
}

std::string Programs::tool(std::string_view name) const {
  return build + "/tools/" + std::string(name);
}
std::string Programs::raw(std::string_view name) const {
  return build + "/benchmarks/raw/" + std::string(name);
}
std::string Programs::model(std::string_view name) const {
  return build + "/benchmarks/models/" + std::string(name);
}
std::string Programs::peer(std::string_view name) const {
  return build + "/benchmarks/peers/" + std::string(name);
}

Programs programs_of_this_build() {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return {.build = self.parent_path().parent_path()};  // BUILD/tools/rondo-bench
}

std::vector<Subject> rondo_subjects(const Programs& programs) {
  std::vector<Subject> subjects = {
      echo(programs, "rondo-select", "raw-select", {"--backend=select"}),
      echo(programs, "rondo-poll", "raw-poll", {"--backend=poll"}),
      echo(programs, "rondo-level", "raw-level", {"--backend=epoll", "--trigger=level"}),
      echo(programs, "rondo-edge", "raw-edge", {"--backend=epoll", "--trigger=edge"}),
      echo(programs, "rondo-uring", "raw-uring-multishot", {"--backend=io_uring"}),
      echo(programs, "rondo-uring-span", "raw-uring-single", {"--backend=io_uring", "--read=span"}),
  };
  limit_by_select(subjects[0]);
  return subjects;
}

std::vector<Subject> further_rondo_subjects(const Programs& programs) {
  std::vector<Subject> subjects = {
      echo(programs, "rondo-select-span", "raw-select", {"--backend=select", "--read=span"}),
      echo(programs, "rondo-poll-span", "raw-poll", {"--backend=poll", "--read=span"}),
      echo(programs, "rondo-level-span", "raw-level",
           {"--backend=epoll", "--trigger=level", "--read=span"}),
      echo(programs, "rondo-edge-span", "raw-edge",
           {"--backend=epoll", "--trigger=edge", "--read=span"}),
      echo(programs, "rondo-oneshot", "raw-level", {"--backend=epoll", "--trigger=oneshot"}),
  };
  limit_by_select(subjects[0]);
  return subjects;
}

std::vector<Subject> floor_subjects(const Programs& programs) {
  const auto floor = [&](std::string name, std::string_view program) {
    return Subject{
        .name = std::move(name), .kind = Kind::kFloor, .command = {programs.raw(program), "0"}};
  };
  std::vector<Subject> subjects = {
      floor("raw-select", "select"),
      floor("raw-poll", "poll"),
      floor("raw-level", "epoll_level"),
      floor("raw-edge", "epoll_edge"),
      floor("raw-uring-multishot", "uring_multishot"),
      floor("raw-uring-single", "uring_single"),
  };
  limit_by_select(subjects[0]);
  return subjects;
}

std::vector<Subject> model_subjects(const Programs& programs) {
  const auto model = [&](std::string name, std::string_view program) {
    return Subject{
        .name = std::move(name), .kind = Kind::kModel, .command = {programs.model(program), "0"}};
  };
  Subject blocking = model("blocking", "blocking");
  blocking.most_connections = 1;
  blocking.limit = "it serves one connection at a time";
  Subject pool = model("thread-pool", "thread_pool");
  pool.most_connections = 64;
  pool.limit = "64 threads serve 64 connections";
  Subject spin = model("spin", "spin");
  spin.spins = true;
  Subject signals = model("signal-driven", "signal_driven");
  signals.udp = true;
  signals.most_connections = 200;
  signals.limit = "the buffer of its one socket does not hold so many datagrams";
  return {std::move(blocking), model("thread-each", "thread_each"), std::move(pool),
          std::move(spin), std::move(signals)};
}

std::vector<Subject> accept_subjects(const Programs& programs) {
  std::vector<Subject> subjects;
  for (const char* mode : {"single", "shared", "exclusive", "reuseport"}) {
    subjects.push_back({.name = std::string("loops-") + mode,
                        .kind = Kind::kModel,
                        .command = {programs.model("accept_threads"), mode, "0"}});
  }
  return subjects;
}

std::vector<Subject> topology_subjects(const Programs& programs, int workers, int work) {
  const auto topology = [&](std::string name, const char* form, const char* backend) {
    return Subject{.name = std::move(name),
                   .kind = Kind::kRondo,
                   .command = {programs.model("topology"), form, std::to_string(workers),
                               std::to_string(work), backend, "0"},
                   .threaded = true};
  };
  return {topology("single", "single", "epoll"), topology("pool", "pool", "epoll"),
          topology("master-sub", "handoff", "epoll"), topology("reuseport", "reuseport", "epoll"),
          topology("proactor", "single", "io_uring")};
}

std::string Subject::refusal(int connections) const {
  if (!missing.empty()) return missing;
  const bool too_many = most_connections > 0 && connections > most_connections;
  return too_many ? "cannot: " + limit : "";
}

Subject parse_server(std::string_view text) {
  const std::size_t colon = text.find(':');
  Subject subject;
  if (colon != text.npos) {
    const std::string_view name = text.substr(0, colon);
    subject.name = std::string(absl::StripAsciiWhitespace({name.data(), name.size()}));
    const std::string_view command = text.substr(colon + 1);
    subject.command =
        absl::StrSplit(absl::string_view(command.data(), command.size()), ' ', absl::SkipEmpty());
  }
  if (subject.name.empty() || subject.command.empty()) {
    throw Failure(
        absl::StrCat("--server='", std::string(text), "': expected 'name: command PORT'"));
  }
  return subject;
}

}  // namespace rondo::bench
