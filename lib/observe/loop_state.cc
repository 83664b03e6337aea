// SPDX-License-Identifier: MIT
#include "rondo/observe/loop_state.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <string_view>

namespace rondo {
namespace {

// The counts by name; of a state to be read or to be filled in.
template <class State, class Visit>
void for_each_count(State& state, Visit&& visit) {
  visit("turns", state.counters.turns);
  visit("resumed", state.counters.resumed);
  visit("timers", state.counters.timers);
  visit("posts", state.counters.posts);
  visit("wakes", state.counters.wakes);
  visit("system_calls", state.counters.system_calls);
  visit("waits", state.counters.waits);
  visit("submissions", state.counters.submissions);
  visit("completions", state.counters.completions);
  visit("stale_events", state.counters.stale_events);
  visit("no_buffers", state.counters.no_buffers);
  visit("overflows", state.counters.overflows);
  visit("bytes_received", state.counters.bytes_received);
  visit("bytes_sent", state.counters.bytes_sent);
  visit("tasks", state.tasks);
  visit("visitors", state.visitors);
  visit("descriptors", state.descriptors);
}

template <class Number>
void read(std::string_view text, Number& number) {
  std::from_chars(text.data(), text.data() + text.size(), number);
}

// A name as one word: what would end the word or the line is %20, %0A and the like.
std::string word_of(std::string_view name) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string word;
  for (const char character : name) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte > ' ' && byte != '%') {
      word += character;
    } else {
      word.append({'%', kDigits[byte / 16], kDigits[byte % 16]});
    }
  }
  return word;
}

std::string name_of_word(std::string_view word) {
  std::string name;
  while (!word.empty()) {
    unsigned byte = 0;
    const char* end = word.data() + 3;
    const bool is_code = word.front() == '%' && word.size() >= 3 &&
                         std::from_chars(word.data() + 1, end, byte, 16).ptr == end;
    name += is_code ? static_cast<char>(byte) : word.front();
    word.remove_prefix(is_code ? 3 : 1);
  }
  return name;
}

constexpr Answer kAnswers[] = {Answer::kGiven, Answer::kLate, Answer::kEnded};

}  // namespace

std::vector<LoopState> states_of(const std::vector<NamedLoop>& loops, Duration patience) {
  std::vector<LoopState> states(loops.size());
  const std::vector<Asked> asked =
      ask_loops(loops, patience, [&states](std::size_t place, Loop& loop) {
        LoopState& state = states[place];
        state.tasks = loop.root().running();
        loop.visitors().for_each([&state](Visitor&) { ++state.visitors; });
        state.descriptors = loop.slots().in_use();
      });
  for (std::size_t place = 0; place < loops.size(); ++place) {
    states[place].loop = loops[place].name;
    states[place].asked = asked[place];
    states[place].backend = name_of(loops[place].loop->backend_choice().kind);
    states[place].counters = loops[place].loop->counters();
    if (const LoopStats* stats = loops[place].loop->stats()) {
      states[place].turn_times = DurationCounts(stats->turns());
      states[place].timer_lags = DurationCounts(stats->lags());
    }
  }
  return states;
}

std::string to_line(const LoopState& state) {
  std::string line = "loop=" + word_of(state.loop) +
                     " answer=" + std::to_string(static_cast<int>(state.asked.answer)) +
                     " lag_ns=" + std::to_string(state.asked.took.count()) +
                     " backend=" + state.backend;
  for_each_count(state, [&line](const char* name, auto count) {
    line.append(" ").append(name).append("=").append(std::to_string(count));
  });
  if (state.turn_times) line += " turn_times=" + state.turn_times->to_text();
  if (state.timer_lags) line += " timer_lags=" + state.timer_lags->to_text();
  return line;
}

LoopState loop_state_of_line(std::string_view line) {
  LoopState state;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    const std::size_t equals = word.find('=');
    if (equals == word.npos) continue;
    const std::string_view key = word.substr(0, equals);
    const std::string_view value = word.substr(equals + 1);
    if (key == "loop") state.loop = name_of_word(value);
    if (key == "backend") state.backend = value;
    if (key == "turn_times") state.turn_times = DurationCounts::of_text(value);
    if (key == "timer_lags") state.timer_lags = DurationCounts::of_text(value);
    if (key == "lag_ns") {
      std::int64_t lag = 0;
      read(value, lag);
      state.asked.took = Duration(lag);
    }
    if (key == "answer") {
      std::size_t number = 1;
      read(value, number);
      if (number < std::size(kAnswers)) state.asked.answer = kAnswers[number];
    }
    for_each_count(state, [&](const char* name, auto& count) {
      if (key == name) read(value, count);
    });
  }
  return state;
}

}  // namespace rondo
