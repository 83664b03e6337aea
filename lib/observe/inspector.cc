// SPDX-License-Identifier: MIT
#include "rondo/observe/inspector.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>

#include "rondo/coro/scope.h"
#include "rondo/io/with_timeout.h"
#include "rondo/loop/borrow.h"
#include "rondo/observe/loop_state.h"
#include "runtime/call_on.h"

namespace rondo {
namespace {

constexpr std::size_t kLongestRequest = 256;

// Those that have waited longest first; joins and ready ones are nobody's fault.
std::string longest_waits(const std::vector<LoopTasks>& loops, std::size_t most) {
  struct Waiting {
    Duration time;
    const LoopTasks* loop;
    const TaskLine* line;
  };
  std::vector<Waiting> all;
  for (const LoopTasks& loop : loops) {
    for (const TaskLine& line : loop.tasks) {
      const bool counts = line.state == TaskState::kWaiting && line.waits_for != "join";
      if (counts) all.push_back({loop.time - line.since, &loop, &line});
    }
  }
  const auto shown = static_cast<std::ptrdiff_t>(std::min(most, all.size()));
  std::partial_sort(all.begin(), all.begin() + shown, all.end(),
                    [](const Waiting& a, const Waiting& b) { return a.time > b.time; });
  std::string text;
  for (std::ptrdiff_t i = 0; i < shown; ++i) {
    const Waiting& each = all[static_cast<std::size_t>(i)];
    TaskLine line = *each.line;
    line.depth = 0;
    text.append(each.loop->loop).append(" ").append(to_text(line, each.loop->time)) += '\n';
  }
  return text;
}

}  // namespace

class Inspector::Requests {
 public:
  explicit Requests(std::vector<NamedLoop> loops) : loops_(std::move(loops)) {}

  void add(std::string name, std::function<std::string()> answer) {
    const std::lock_guard lock(mutex_);
    others_[std::move(name)] = std::move(answer);
  }

  std::string answer(std::string_view request) {
    const std::string_view name = request.substr(0, request.find(' '));
    const std::string_view argument =
        name.size() == request.size() ? std::string_view() : request.substr(name.size() + 1);
    if (name == "tasks") return to_text(task_trees(loops_), loops_);
    if (name == "loops") {
      std::string text;
      for (const LoopState& state : states_of(loops_)) text += to_line(state) + '\n';
      return text;
    }
    if (name == "waiting") {
      std::size_t most = 10;
      std::from_chars(argument.data(), argument.data() + argument.size(), most);
      return longest_waits(task_trees(loops_), most);
    }
    std::function<std::string()> other;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = others_.find(std::string(name)); found != others_.end()) {
        other = found->second;
      }
    }
    if (other) return other();
    return name == "help" ? help() : "error: no such request; try help\n";
  }

 private:
  std::string help() {
    std::string text =
        "loops      a line of counts for each loop\n"
        "tasks      the tree of all tasks\n"
        "waiting N  the N tasks that have waited longest\n";
    const std::lock_guard lock(mutex_);
    for (const auto& [name, answer] : others_) text += name + '\n';
    return text;
  }

  const std::vector<NamedLoop> loops_;
  std::mutex mutex_;
  std::map<std::string, std::function<std::string()>> others_;
};

namespace {

template <class Requests>
Task<> serve_one(UnixStream& stream, Requests& requests) {
  std::string line;
  while (line.find('\n') == line.npos && line.size() < kLongestRequest) {
    auto chunk = co_await stream.receive();
    if (!chunk) co_return;
    line += chunk->text();
  }
  const std::size_t end = line.find('\n');
  const std::string text = end == line.npos
                               ? "error: a request is one line\n"
                               : requests.answer(std::string_view(line).substr(0, end));
  auto sent = co_await stream.send_all(text);
  static_cast<void>(sent);
}

template <class Requests>
Task<> serve_in_time(UnixStream stream, Requests& requests) {
  TaskContext& self = co_await this_context();
  self.set_name("inspection");
  auto served = co_await with_timeout(Inspector::kLongest, serve_one(stream, requests));
  static_cast<void>(served);
}

template <class Requests>
Task<> accept_all(UnixListener given, Requests& requests) {
  UnixListener listener = std::move(given);
  co_await with_scope([&](Scope& scope) -> Task<> {
    auto connections = listener.connections();
    while (auto stream = co_await connections.next()) {
      UnixStream connection(std::move(*stream));
      auto spawned = co_await scope.spawn_within(Inspector::kMostAtOnce, serve_in_time<Requests>,
                                                 std::move(connection), std::ref(requests));
      if (!spawned) break;
    }
  });
}

}  // namespace

Inspector::Inspector() noexcept = default;
Inspector::~Inspector() = default;

absl::StatusOr<std::unique_ptr<Inspector>> Inspector::listen(const UnixAddress& address,
                                                             std::vector<NamedLoop> loops) {
  if (!address.is_path()) {
    return absl::InvalidArgumentError("inspector: " + address.to_string() +
                                      " has no file whose mode says who may look; use a path");
  }
  std::unique_ptr<Inspector> inspector(new Inspector);
  inspector->address_ = address;
  inspector->requests_ = std::make_unique<Requests>(std::move(loops));
  auto thread = LoopThread::start(
      {.name = "rondo-inspect", .cpu = {}, .loop = {.backend = BackendKind::kEpoll}});
  if (!thread.ok()) return thread.status();
  inspector->thread_ = std::move(*thread);
  Loop& loop = inspector->thread_->loop();
  const absl::Status opened = call_on(loop, [&]() -> absl::Status {
    auto listener = UnixListener::listen(loop, address, {.backlog = 16, .mode = 0600});
    if (!listener.ok()) return listener.status();
    if (auto local = listener->local_address()) inspector->address_ = *local;
    loop.spawn(accept_all<Requests>, std::move(*listener), borrow(*inspector->requests_));
    return absl::OkStatus();
  });
  if (!opened.ok()) return opened;
  return inspector;
}

void Inspector::add(std::string name, std::function<std::string()> answer) {
  requests_->add(std::move(name), std::move(answer));
}

}  // namespace rondo
