// SPDX-License-Identifier: MIT
#include "rondo/observe/snapshot.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

namespace rondo {
namespace {

// What the asker and the posts share; a post that comes late finds that nobody waits any more. The
// mutex is held while a loop is looked at, but for the time of a late one nobody waits for it: see
// `begin`.
struct Question {
  std::mutex mutex;
  std::condition_variable answered;
  std::size_t open = 0;  // posts that have not been answered
  bool over = false;
  std::vector<Asked> asked;
  std::size_t looking = 0;  // loops that are at it right now
  std::function<void(std::size_t, Loop&)> look;

  // False when the asker has gone.
  bool begin() {
    const std::lock_guard lock(mutex);
    if (over) return false;
    ++looking;
    return true;
  }
  void end(std::size_t place, Duration took) {
    const std::lock_guard lock(mutex);
    asked[place] = {Answer::kGiven, took};
    --looking;
    --open;
    answered.notify_all();
  }
};

}  // namespace

const char* name_of(Answer answer) noexcept {
  switch (answer) {
    case Answer::kGiven:
      return "";
    case Answer::kLate:
      return "does not answer";
    case Answer::kEnded:
      return "has ended";
  }
  return "";
}

std::vector<NamedLoop> loops_of(const Runtime& runtime) {
  std::vector<NamedLoop> loops{{"main", &runtime.main_loop()}};
  for (std::size_t i = 0; i < runtime.masters(); ++i) {
    loops.push_back({"master-" + std::to_string(i), &runtime.master(i)});
  }
  for (std::size_t i = 0; i < runtime.loops(); ++i) {
    if (&runtime.loop(i) == &runtime.main_loop()) continue;
    loops.push_back({"sub-" + std::to_string(i), &runtime.loop(i)});
  }
  return loops;
}

std::vector<Asked> ask_loops(const std::vector<NamedLoop>& loops, Duration patience,
                             std::function<void(std::size_t, Loop&)> look) {
  const auto question = std::make_shared<Question>();
  question->asked.resize(loops.size());
  question->look = std::move(look);
  const Clock& clock = Clock::monotonic();
  const TimePoint begin = clock.now();
  const auto answer = [question, begin, &clock](std::size_t place, Loop& loop) {
    if (!question->begin()) return;
    const Duration took = clock.now() - begin;
    question->look(place, loop);
    question->end(place, took);
  };
  std::vector<std::size_t> own;
  for (std::size_t place = 0; place < loops.size(); ++place) {
    Loop& loop = *loops[place].loop;
    if (loop.is_mine()) {
      own.push_back(place);
      continue;
    }
    {
      const std::lock_guard lock(question->mutex);
      ++question->open;
    }
    const bool posted = loop.post([answer, place, &loop] { answer(place, loop); });
    const std::lock_guard lock(question->mutex);
    if (!posted) {
      question->asked[place].answer = Answer::kEnded;
      --question->open;
    }
  }
  for (const std::size_t place : own) {
    question->look(place, *loops[place].loop);
    const std::lock_guard lock(question->mutex);
    question->asked[place] = {Answer::kGiven, Duration(0)};
  }
  std::unique_lock lock(question->mutex);
  question->answered.wait_for(lock, patience, [&] { return question->open == 0; });
  question->over = true;
  // One that has begun to look is let finish: it writes to what is the caller's.
  question->answered.wait(lock, [&] { return question->looking == 0; });
  return question->asked;
}

std::vector<LoopTasks> task_trees(const std::vector<NamedLoop>& loops, Duration patience) {
  std::vector<LoopTasks> trees(loops.size());
  const std::vector<Asked> asked =
      ask_loops(loops, patience, [&trees](std::size_t place, Loop& loop) {
        trees[place].time = loop.now();
        trees[place].tasks = task_tree(loop);
      });
  for (std::size_t place = 0; place < loops.size(); ++place) {
    trees[place].loop = loops[place].name;
    trees[place].asked = asked[place];
  }
  return trees;
}

std::string to_text(const std::vector<LoopTasks>& loops, const std::vector<NamedLoop>& names) {
  const auto name_of_loop = [&names](const Runner* runner) -> std::string {
    for (const NamedLoop& each : names) {
      if (each.loop == runner) return " (" + each.name + ")";
    }
    return "";
  };
  std::string text;
  for (const LoopTasks& loop : loops) {
    text.append("loop ").append(loop.loop);
    if (loop.asked.answer != Answer::kGiven) {
      text.append(" ").append(name_of(loop.asked.answer)).append("\n");
      continue;
    }
    text.append(": ").append(std::to_string(loop.tasks.size())).append(" tasks\n");
    for (const TaskLine& line : loop.tasks) {
      text.append("  ").append(to_text(line, loop.time));
      if (line.state == TaskState::kAway) text.append(name_of_loop(line.elsewhere));
      text += '\n';
    }
  }
  return text;
}

}  // namespace rondo
