// SPDX-License-Identifier: MIT
// Values from task to task, through a buffer of bounded size.
#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/base/result.h"
#include "rondo/coro/shared_wait_queue.h"
#include "rondo/coro/wait_queue.h"

namespace rondo {

// First in, first out, for many senders and many receivers.
//
//   Channel<Job> jobs(64);                            // one loop; SharedChannel: any thread
//   auto sent = co_await jobs.send(std::move(job));   // waits while 64 are in it
//   while (auto job = co_await jobs.receive()) ...    // false once it is closed and empty
//
// A value stays in the channel until its receiver has resumed, so none is lost on the way: a stop
// request ends a wait with Errc::canceled, unless a value had been set aside for it: then that is
// delivered; and what was set aside for a frame that is destroyed goes to the next. Resumes on the
// loop that it was awaited on, senders and receivers each in order of arrival. The channel must
// outlive its waits. Its buffer is allocated with it and nothing afterwards.
template <class T, class Queue>
class BasicChannel {
  static_assert(std::is_object_v<T> && std::is_nothrow_move_constructible_v<T>,
                "Channel: T is a value whose move cannot throw; wrap a reference on purpose");

 public:
  using value_type = T;

  explicit BasicChannel(std::size_t capacity)
      : senders_(mutex_, "room in a channel"),
        receivers_(mutex_, "value of a channel"),
        capacity_(capacity),
        places_(std::allocator<T>().allocate(capacity)) {
    require(capacity != 0, "a channel needs room for one value at least");
  }
  BasicChannel(const BasicChannel&) = delete;
  BasicChannel& operator=(const BasicChannel&) = delete;
  ~BasicChannel() {
    for (std::size_t i = 0; i < size_; ++i) std::destroy_at(places_ + (first_ + i) % capacity_);
    std::allocator<T>().deallocate(places_, capacity_);
  }

  // Gives Result<void>: Errc::closed once the channel is closed. What was not sent is still in the
  // operation, for one who names it: `auto sending = ...send(x); co_await sending`, take_back().
  class [[nodiscard]] Send final : public Queue::Wait {
   public:
    Send(BasicChannel& channel, T value) noexcept
        : Queue::Wait(channel.senders_), channel_(channel), value_(std::move(value)) {}
    Send(Send&& other) noexcept
        : Queue::Wait(std::move(other)),
          channel_(other.channel_),
          value_(std::move(other.value_)) {}
    ~Send() { this->settle(); }  // before the value goes, which others move from until then

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return this->begin(self.promise().context(), self,
                         [this] { return channel_.take_in(*this); });
    }
    Result<void> await_resume() noexcept {
      if (!this->settle()) return Errc::canceled;
      if (refused_) return Errc::closed;
      return {};
    }
    T take_back() noexcept { return std::move(value_); }

   private:
    friend class BasicChannel;  // takes the value, or refuses it

    BasicChannel& channel_;
    T value_;
    bool refused_ = false;
  };
  Send send(T value) noexcept { return Send(*this, std::move(value)); }

  // Gives Result<T>: Errc::end_of_stream once the channel is closed and empty.
  class [[nodiscard]] Receive final : public Queue::Wait {
   public:
    explicit Receive(BasicChannel& channel) noexcept
        : Queue::Wait(channel.receivers_), channel_(channel) {}
    Receive(Receive&&) noexcept = default;
    ~Receive() {
      if (this->settle() && !ended_) channel_.put_back();
    }

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return this->begin(self.promise().context(), self, [this] { return reserve(); });
    }
    Result<T> await_resume() noexcept {
      if (!this->settle()) return Errc::canceled;
      if (ended_) return Errc::end_of_stream;
      return channel_.take_out();
    }

    // For select: sets a value aside without waiting, or says that there will be none.
    bool reserve() noexcept { return channel_.set_aside(*this); }
    bool has_ended() const noexcept { return ended_; }

   private:
    friend class BasicChannel;  // says that there will be nothing

    BasicChannel& channel_;
    bool ended_ = false;
  };
  Receive receive() noexcept { return Receive(*this); }
  // The same, as a Stream has it.
  Receive next() noexcept { return receive(); }

  // Without waiting. False, and the value is untouched, when there is no room, others wait for it,
  // or the channel is closed.
  bool try_send(T&& value) noexcept {
    const std::lock_guard lock(mutex_);
    if (closed_ || size_ == capacity_) return false;
    push(std::move(value));
    return true;
  }
  std::optional<T> try_receive() noexcept {
    const std::lock_guard lock(mutex_);
    if (size_ == set_aside_) return std::nullopt;
    return std::optional<T>(pop());
  }

  // Nothing is sent from now on: senders that wait hear Errc::closed, and receivers get what is
  // left and then the end; while what is left is set aside for others they wait, as it may come
  // back. Idempotent.
  void close() noexcept {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    while (auto* sender = senders_.oldest()) {
      static_cast<Send*>(sender)->refused_ = true;
      senders_.grant(*sender);
    }
    if (has_ended()) end_receivers();
  }

  // For select: how many have looked here before, since something was last taken out.
  std::size_t count_select() noexcept {
    const std::lock_guard lock(mutex_);
    return selects_++;
  }

  bool is_closed() const noexcept {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  std::size_t size() const noexcept {
    const std::lock_guard lock(mutex_);
    return size_;
  }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  // All of these with the mutex held, but for put_back and take_out.
  bool take_in(Send& send) noexcept {
    send.refused_ = closed_;
    if (closed_) return true;
    if (size_ == capacity_) return false;  // then only are there senders that wait
    push(std::move(send.value_));
    return true;
  }
  bool set_aside(Receive& receive) noexcept {
    receive.ended_ = false;
    if (size_ != set_aside_) {
      ++set_aside_;
      return true;
    }
    receive.ended_ = has_ended();
    return receive.ended_;
  }
  // Not before the last value has been taken out: what is set aside may be put back.
  bool has_ended() const noexcept { return closed_ && size_ == 0; }
  void end_receivers() noexcept {
    while (auto* receiver = receivers_.oldest()) {
      static_cast<Receive*>(receiver)->ended_ = true;
      receivers_.grant(*receiver);
    }
  }
  void put_back() noexcept {
    const std::lock_guard lock(mutex_);
    --set_aside_;
    serve_receivers();
  }
  T take_out() noexcept {
    const std::lock_guard lock(mutex_);
    --set_aside_;
    return pop();
  }

  void push(T&& value) noexcept {
    std::construct_at(places_ + (first_ + size_) % capacity_, std::move(value));
    ++size_;
    serve_receivers();
  }
  // The oldest value; the room goes to the sender that has waited longest.
  T pop() noexcept {
    T* place = places_ + first_;
    T value = std::move(*place);
    std::destroy_at(place);
    selects_ = 0;
    first_ = (first_ + 1) % capacity_;
    --size_;
    if (auto* sender = senders_.oldest()) {
      push(std::move(static_cast<Send*>(sender)->value_));
      senders_.grant(*sender);
    }
    if (has_ended()) end_receivers();
    return value;
  }
  void serve_receivers() noexcept {
    while (size_ != set_aside_) {
      auto* receiver = receivers_.oldest();
      if (receiver == nullptr) return;
      ++set_aside_;
      receivers_.grant(*receiver);
    }
  }

  mutable typename Queue::Mutex mutex_;
  Queue senders_;
  Queue receivers_;
  const std::size_t capacity_;
  T* const places_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::size_t selects_ = 0;
  std::size_t set_aside_ = 0;  // of those, how many have a receiver that was granted
  bool closed_ = false;
};

template <class T>
using Channel = BasicChannel<T, WaitQueue>;
template <class T>
using SharedChannel = BasicChannel<T, SharedWaitQueue>;

}  // namespace rondo
