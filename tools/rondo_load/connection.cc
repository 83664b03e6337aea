// SPDX-License-Identifier: MIT
#include "connection.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_format.h>

namespace rondo::tools {

Connection::Connection(const LoadSetting& setting, std::size_t index, SocketStream stream,
                       std::unique_ptr<Pacing> pacing) noexcept
    : setting_(setting), index_(index), stream_(std::move(stream)), pacing_(std::move(pacing)) {}

Task<> Connection::send_requests(Scope& scope) {
  std::uint64_t position = Pattern::start_of(index_);
  while (const std::uint64_t requests = co_await pacing_->next()) {
    std::uint64_t left = requests * setting_.size;
    while (left > 0) {
      const auto piece = setting_.pattern.bytes(position, left);
      const Transfer sent = co_await stream_.send_all(piece);
      if (!sent) {
        fail(scope, "sending", sent.error());
        co_return;
      }
      position += piece.size();
      left -= piece.size();
    }
  }
}

Task<> Connection::receive_answers(Scope& scope) {
  while (!pacing_->complete()) {
    auto chunk = co_await stream_.receive();
    if (!chunk) {
      fail(scope, "receiving", chunk.error());
      co_return;
    }
    if (!take(*chunk)) {
      scope.stop();
      co_return;
    }
  }
}

bool Connection::take(std::span<const std::byte> bytes) {
  const std::uint64_t position = Pattern::start_of(index_) + received_;
  if (const auto wrong = setting_.pattern.first_wrong(position, bytes)) {
    note_failure(
        absl::StrFormat("connection %d: byte %d came back wrong", index_, received_ + *wrong));
    return false;
  }
  received_ += bytes.size();
  const std::uint64_t answers = received_ / setting_.size - answered_;
  if (answers == 0) return true;
  if (answered_ + answers > pacing_->started()) {
    note_failure(absl::StrFormat("connection %d: more came back than was sent", index_));
    return false;
  }

  const TimePoint now = Clock::monotonic().now();
  for (std::uint64_t i = 0; i < answers; ++i) {
    const TimePoint start = pacing_->start_of(answered_ + i);
    if (setting_.window.measures(start)) setting_.tally.latency.record(now - start);
  }
  answered_ += answers;
  setting_.tally.answers += answers;
  pacing_->answered(answers, now);
  return true;
}

void Connection::give_up(TimePoint now) noexcept {
  for (std::uint64_t request = answered_; request < pacing_->started(); ++request) {
    const TimePoint start = pacing_->start_of(request);
    // They start one after the other, and of a run that ends early most were never due.
    if (start >= setting_.window.end) break;
    // One of the warm-up has waited all through the window.
    setting_.tally.latency.record(now - start);
    ++setting_.tally.unanswered;
  }
}

void Connection::fail(Scope& scope, const char* what, Error error) {
  if (error.is(Errc::canceled)) return;  // the run is over, or failed elsewhere
  if (error.is(Errc::end_of_stream)) {
    note_failure(
        absl::StrFormat("connection %d: the server closed it after %d answers", index_, answered_));
  } else {
    note_failure(absl::StrFormat("connection %d: %s failed after %d answers: %s", index_, what,
                                 answered_, error.message()));
  }
  scope.stop();
}

void Connection::note_failure(std::string line) {
  if (std::exchange(failed_, true)) return;  // its sender and its receiver meet the same end
  Tally& tally = setting_.tally;
  if (tally.failures++ == 0) tally.first_failure = std::move(line);
}

}  // namespace rondo::tools
