// SPDX-License-Identifier: MIT
// What comes piece by piece: `while (auto x = co_await stream.next())`.
#pragma once

#include <concepts>
#include <utility>

#include "rondo/base/result.h"
#include "rondo/coro/when.h"

namespace rondo {

// next() is awaited for a Result: true with the next piece, false at the end (Errc::end_of_stream),
// after a stop (Errc::canceled) and on an error that ends the stream. A channel is one, a
// subscription to a broadcast, a listener's connections and the chunks of a ByteStream.
template <class S>
concept Stream = requires(S& stream) {
  requires is_result_v<TaskValue<decltype(stream.next())>>;
};

template <Stream S>
using StreamItem = typename TaskValue<decltype(std::declval<S&>().next())>::value_type;

// Hands on what comes from `source` into a channel, which it closes at the end, also after a stop:
// one stage of several. A full channel makes it wait, and so the source. Gives what ended it.
template <Stream Source, class Channel>
Task<Error> pump(Source& source, Channel& target) {
  Error ended;
  while (!ended) {
    auto item = co_await source.next();
    if (!item) {
      ended = item.error();
      break;
    }
    auto sent = co_await target.send(std::move(*item));
    if (!sent) ended = sent.error();
  }
  target.close();
  co_return ended;
}

}  // namespace rondo
