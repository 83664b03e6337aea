// SPDX-License-Identifier: MIT
#include "query.h"

#include <chrono>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "rondo/io/with_timeout.h"
#include "rondo/loop/this_loop.h"
#include "rondo/net/unix_stream.h"

namespace rondo::tools {
namespace {

constexpr Duration kLongest = std::chrono::seconds(5);
constexpr std::size_t kLargest = 16 << 20;

// The lines of an answer.
using Lines = std::vector<std::string>;

Task<Result<Lines>> ask(UnixAddress server, std::string request) {
  auto stream = co_await UnixStream::connect(server);
  if (!stream) co_return stream.error();
  auto sent = co_await stream->send_all(request);
  if (!sent) co_return sent.failure;
  std::string text;
  while (text.size() < kLargest) {
    auto chunk = co_await stream->receive();
    if (!chunk && chunk.error().is(Errc::end_of_stream)) break;
    if (!chunk) co_return chunk.error();
    text += chunk->text();
  }
  Lines lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  co_return lines;
}

Task<absl::StatusOr<Lines>> ask_in_time(UnixAddress server, std::string request) {
  const std::string name = server.to_string();
  auto lines = co_await with_timeout(kLongest, ask(server, std::move(request)));
  if (lines) co_return std::move(*lines);
  co_return absl::UnavailableError(absl::StrCat(name, ": ", lines.error().message()));
}

}  // namespace

Task<absl::StatusOr<Sample>> take_sample(UnixAddress server, std::size_t most_waiting) {
  Loop& here = co_await this_loop();
  Sample sample;
  auto loops = co_await ask_in_time(server, "loops\n");
  if (!loops.ok()) co_return loops.status();
  sample.time = here.now();
  for (const std::string& line : *loops) {
    LoopState state = loop_state_of_line(line);
    if (!state.loop.empty()) sample.loops.push_back(std::move(state));
  }
  if (sample.loops.empty()) {
    co_return absl::UnavailableError(
        absl::StrCat(server.to_string(), ": who answers there is no Inspector"));
  }
  auto waiting = co_await ask_in_time(server, absl::StrCat("waiting ", most_waiting, "\n"));
  if (!waiting.ok()) co_return waiting.status();
  sample.waiting = std::move(*waiting);
  co_return sample;
}

}  // namespace rondo::tools
