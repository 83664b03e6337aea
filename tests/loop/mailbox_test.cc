// SPDX-License-Identifier: MIT
#include "rondo/loop/mailbox.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/base/fd.h"

namespace rondo {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

class Letter final : public Mail {
 public:
  Letter() = default;
  Letter(int sender_, std::uint64_t number_) : sender(sender_), number(number_) {}
  void run() noexcept override {}

  int sender = 0;
  std::uint64_t number = 0;
};

void count(void* wakes) { ++*static_cast<int*>(wakes); }

// What the queue holds, by number; empties it.
std::vector<std::uint64_t> numbers(ReadyQueue& ready) {
  std::vector<std::uint64_t> result;
  while (ReadyNode* node = ready.pop_front()) {
    result.push_back(static_cast<Letter*>(node)->number);
  }
  return result;
}

class MailboxTest : public testing::Test {
 protected:
  int wakes_ = 0;
  ReadyQueue ready_;
  std::array<Letter, 5> letters_{Letter(0, 0), Letter(0, 1), Letter(0, 2), Letter(0, 3),
                                 Letter(0, 4)};
  Mailbox mailbox_{count, &wakes_};
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(MailboxTest, delivers_in_order) {
  EXPECT_FALSE(mailbox_.has_mail());
  for (Letter& letter : letters_) EXPECT_TRUE(mailbox_.post(letter));
  EXPECT_TRUE(mailbox_.has_mail());
  EXPECT_EQ(mailbox_.drain(ready_, kAll), 5u);
  EXPECT_EQ(numbers(ready_), (Numbers{0, 1, 2, 3, 4}));
  EXPECT_EQ(mailbox_.drain(ready_, kAll), 0u);
  EXPECT_EQ(mailbox_.posts(), 5u);
}

TEST_F(MailboxTest, what_the_bound_leaves_comes_first_the_next_time) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(mailbox_.post(letters_[static_cast<std::size_t>(i)]));
  EXPECT_EQ(mailbox_.drain(ready_, 2), 2u);
  EXPECT_EQ(numbers(ready_), (Numbers{0, 1}));
  EXPECT_TRUE(mailbox_.has_mail());
  EXPECT_FALSE(mailbox_.prepare_to_sleep());
  EXPECT_TRUE(mailbox_.post(letters_[3]));
  EXPECT_EQ(mailbox_.drain(ready_, 0), 0u);
  EXPECT_EQ(mailbox_.drain(ready_, kAll), 2u);
  EXPECT_EQ(numbers(ready_), (Numbers{2, 3}));
}

TEST_F(MailboxTest, wakes_a_sleeper_once_and_nobody_else) {
  EXPECT_TRUE(mailbox_.post(letters_[0]));
  EXPECT_EQ(wakes_, 0);
  EXPECT_FALSE(mailbox_.prepare_to_sleep());
  mailbox_.drain(ready_, kAll);
  EXPECT_TRUE(mailbox_.prepare_to_sleep());
  EXPECT_TRUE(mailbox_.post(letters_[1]));
  EXPECT_EQ(wakes_, 1);
  EXPECT_TRUE(mailbox_.post(letters_[2]));
  EXPECT_EQ(wakes_, 1);
  mailbox_.awake();
  EXPECT_TRUE(mailbox_.post(letters_[3]));
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(mailbox_.drain(ready_, kAll), 3u);
  EXPECT_EQ(mailbox_.wakes(), 1u);
  EXPECT_EQ(mailbox_.sleeps(), 1u);
}

TEST_F(MailboxTest, a_consumer_that_woke_up_by_itself_needs_no_wake) {
  EXPECT_TRUE(mailbox_.prepare_to_sleep());
  mailbox_.awake();
  EXPECT_TRUE(mailbox_.post(letters_[0]));
  EXPECT_EQ(wakes_, 0);
  EXPECT_EQ(mailbox_.drain(ready_, kAll), 1u);
}

TEST_F(MailboxTest, close_refuses_later_mail_and_keeps_earlier_mail_in_order) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(mailbox_.post(letters_[static_cast<std::size_t>(i)]));
  mailbox_.drain(ready_, 1);
  EXPECT_TRUE(mailbox_.post(letters_[3]));
  mailbox_.close();
  mailbox_.close();
  EXPECT_TRUE(mailbox_.closed());
  EXPECT_FALSE(mailbox_.post(letters_[4]));
  EXPECT_FALSE(letters_[4].linked());
  EXPECT_FALSE(mailbox_.prepare_to_sleep());
  EXPECT_EQ(mailbox_.drain(ready_, kAll), 3u);
  EXPECT_EQ(numbers(ready_), (Numbers{0, 1, 2, 3}));
  EXPECT_TRUE(mailbox_.prepare_to_sleep());
  EXPECT_FALSE(mailbox_.post(letters_[4]));
  EXPECT_EQ(wakes_, 0);
}

TEST_F(MailboxTest, closing_in_sleep_is_fine) {
  EXPECT_TRUE(mailbox_.prepare_to_sleep());
  EXPECT_TRUE(mailbox_.post(letters_[0]));
  mailbox_.close();
  EXPECT_EQ(mailbox_.drain(ready_, kAll), 1u);
  EXPECT_EQ(wakes_, 1);
}

// The consumer ends the mailbox the moment it has the last mail: the producer that is still inside
// post() must not be hurt. Sanitizers see what a test cannot.
TEST(Mailbox, may_end_as_soon_as_its_last_mail_has_arrived) {
  for (int round = 0; round < 500; ++round) {
    Fd event(::eventfd(0, EFD_CLOEXEC));
    auto mailbox = std::make_unique<Mailbox>(
        [](void* argument) {
          const std::uint64_t one = 1;
          ASSERT_EQ(::write(static_cast<Fd*>(argument)->number(), &one, sizeof(one)),
                    static_cast<ssize_t>(sizeof(one)));
        },
        &event);
    Letter letter;
    std::thread producer([&letter, &target = *mailbox] { EXPECT_TRUE(target.post(letter)); });
    ReadyQueue ready;
    while (mailbox->drain(ready, kAll) == 0) {
      // Sometimes asleep, and without blocking for long, so that it meets the producer everywhere.
      if (!mailbox->prepare_to_sleep()) continue;
      pollfd wait{event.number(), POLLIN, 0};
      ::poll(&wait, 1, 0);
    }
    mailbox.reset();
    event = Fd();
    producer.join();
    EXPECT_EQ(ready.pop_front(), &letter);
  }
}

// A real consumer on an eventfd. RONDO_SOAK=1 posts a hundred times as many.
TEST(MailboxSoak, four_producers_lose_nothing_and_wake_at_most_once_a_sleep) {
  constexpr int kProducers = 4;
  const std::uint64_t each = std::getenv("RONDO_SOAK") != nullptr ? 10'000'000 : 100'000;
  constexpr std::uint64_t kInFlight = 4096;  // letters per producer; each is used again and again

  struct Bell {
    Fd event{::eventfd(0, EFD_CLOEXEC)};
    std::atomic<std::uint64_t> writes{0};

    static void ring(void* self) {
      auto& bell = *static_cast<Bell*>(self);
      bell.writes.fetch_add(1, std::memory_order_relaxed);
      const std::uint64_t one = 1;
      ASSERT_EQ(::write(bell.event.number(), &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
    }
    // Blocks until rung.
    void wait() {
      std::uint64_t rung = 0;
      ASSERT_EQ(::read(event.number(), &rung, sizeof(rung)), static_cast<ssize_t>(sizeof(rung)));
    }
  };
  Bell bell;
  Mailbox mailbox(Bell::ring, &bell);

  struct Producer {
    std::vector<Letter> letters = std::vector<Letter>(kInFlight);
    std::atomic<std::uint64_t> arrived{0};
    std::thread thread;
  };
  std::array<Producer, kProducers> producers;
  for (int sender = 0; sender < kProducers; ++sender) {
    Producer& self = producers[static_cast<std::size_t>(sender)];
    self.thread = std::thread([&self, &mailbox, sender, each] {
      for (std::uint64_t number = 0; number < each; ++number) {
        for (;;) {  // until the letter is free again
          const std::uint64_t arrived = self.arrived.load(std::memory_order_acquire);
          if (number - arrived < kInFlight) break;
          self.arrived.wait(arrived, std::memory_order_acquire);
        }
        Letter& letter = self.letters[number % kInFlight];
        letter.sender = sender;
        letter.number = number;
        ASSERT_TRUE(mailbox.post(letter));
        if (number % 64 == 0) std::this_thread::yield();  // lets the consumer fall asleep
      }
    });
  }

  std::array<std::uint64_t, kProducers> next{};
  ReadyQueue ready;
  std::uint64_t sleeps = 0;
  std::uint64_t out_of_order = 0;
  for (std::uint64_t total = 0; total < each * kProducers;) {
    total += mailbox.drain(ready, 100);
    while (ReadyNode* node = ready.pop_front()) {
      const Letter& letter = *static_cast<Letter*>(node);
      const auto sender = static_cast<std::size_t>(letter.sender);
      if (letter.number != next[sender]++) ++out_of_order;
      producers[sender].arrived.store(next[sender], std::memory_order_release);
      if (next[sender] % (kInFlight / 4) == 0) producers[sender].arrived.notify_one();
    }
    if (total < each * kProducers && mailbox.prepare_to_sleep()) {
      ++sleeps;
      bell.wait();
      mailbox.awake();
    }
  }
  for (Producer& producer : producers) producer.thread.join();

  EXPECT_EQ(out_of_order, 0u);
  for (const std::uint64_t count : next) EXPECT_EQ(count, each);
  EXPECT_EQ(mailbox.drain(ready, kAll), 0u);
  EXPECT_EQ(mailbox.posts(), each * kProducers);
  EXPECT_EQ(mailbox.sleeps(), sleeps);
  EXPECT_EQ(mailbox.wakes(), bell.writes.load());
  EXPECT_LE(bell.writes.load(), sleeps);
  RecordProperty("sleeps", static_cast<int>(sleeps));
  RecordProperty("eventfd_writes", static_cast<int>(bell.writes.load()));
}

}  // namespace
}  // namespace rondo
