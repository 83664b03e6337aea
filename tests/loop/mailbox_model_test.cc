// SPDX-License-Identifier: MIT
// The mailbox's real code under every interleaving of two producers and a consumer.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/loop/mailbox.h"
#include "support/interleave.h"
#include "support/model_atomic.h"

namespace rondo {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kProducers = 2;
constexpr std::size_t kMostPosts = 2;

// What the mailbox could have been: a flag beside the queue. For showing what the model finds.
enum class SecondLook { kNone, kAfterTheFlag };

template <SecondLook kSecondLook>
class FlagMailbox {
 public:
  FlagMailbox(void (*wake)(void*), void* argument) noexcept : wake_(wake), argument_(argument) {}

  bool post(Mail& mail) noexcept {
    using Consumer = MpscStack<Mail, ModelAtomic>::Consumer;
    if (posted_.push(mail) == Consumer::kClosed) return false;
    if (sleeping_.exchange(false)) wake_(argument_);
    return true;
  }
  std::size_t drain(ReadyQueue& ready, std::size_t) noexcept {
    std::size_t count = 0;
    for (Mail* mail = posted_.take_all(); mail != nullptr; ++count) {
      Mail* next = mail->next_mail;
      ready.push_back(*mail);
      mail = next;
    }
    return count;
  }
  bool prepare_to_sleep() noexcept {
    sleeping_.store(true);
    if (kSecondLook == SecondLook::kNone || posted_.empty()) return true;
    sleeping_.store(false);
    return false;
  }
  void awake() noexcept { sleeping_.store(false); }
  void close() noexcept { posted_.close(); }

 private:
  void (*wake_)(void*);
  void* argument_;
  MpscStack<Mail, ModelAtomic> posted_;
  ModelAtomic<bool> sleeping_{false};
};

class Letter final : public Mail {
 public:
  void run() noexcept override {}

  std::size_t sender = 0;
  std::size_t number = 0;
};

// What the consumer does besides sleeping and draining.
enum class Ending {
  kWhenAllHasArrived,  // ends the mailbox with the last letter
  kAtOnce,             // closes it while producers post
  kAtOnceAsleep,       // the same between prepare_to_sleep and the wait
};
enum class Alarm { kNone, kOnce };  // whether something else wakes the consumer too

struct Plan {
  std::array<std::size_t, kProducers> posts{2, 1};
  std::size_t bound = kAll;
  Ending ending = Ending::kWhenAllHasArrived;
  Alarm alarm = Alarm::kNone;
};

// Two producers, a consumer, and what wakes it: a word that stays set until it is read.
template <class Box>
class PostOffice {
 public:
  explicit PostOffice(const Plan& plan) : plan_(plan) {
    for (std::size_t sender = 0; sender < kProducers; ++sender) {
      for (std::size_t number = 0; number < plan.posts[sender]; ++number) {
        letters_[sender][number].sender = sender;
        letters_[sender][number].number = number;
      }
    }
  }

  std::vector<std::function<void()>> threads() {
    std::vector<std::function<void()>> result;
    result.emplace_back([this] { consume(); });
    for (std::size_t sender = 0; sender < kProducers; ++sender) {
      result.emplace_back([this, sender] { produce(sender); });
    }
    if (plan_.alarm == Alarm::kOnce) {
      result.emplace_back([this] { event_.exchange(1); });
    }
    return result;
  }

  const char* verdict() {
    for (std::size_t sender = 0; sender < kProducers; ++sender) {
      if (delivered_[sender] != accepted_[sender]) return "a letter is lost";
    }
    if (wakes_ > sleeps_) return "more wakes than sleeps";
    return nullptr;
  }

 private:
  static void ring(void* self) {
    auto& office = *static_cast<PostOffice*>(self);
    office.event_.exchange(1);
    ++office.wakes_;
    if (office.wakes_ > office.sleeps_) Interleaver::current().fail("more wakes than sleeps");
  }

  void produce(std::size_t sender) {
    for (std::size_t number = 0; number < plan_.posts[sender]; ++number) {
      Interleaver::current().checkpoint(number);
      if (!box_.post(letters_[sender][number])) {
        if (!closing_) Interleaver::current().fail("a post is refused without a close");
        continue;
      }
      if (accepted_[sender] != number) {
        Interleaver::current().fail("a post is accepted after one was refused");
      }
      ++accepted_[sender];
    }
  }

  void consume() {
    while (arrived() != expected()) {
      Interleaver::current().checkpoint(0);
      drain();
      if (arrived() == expected()) break;
      if (plan_.ending == Ending::kAtOnce) break;
      ++sleeps_;  // before: a wake may come from inside
      Interleaver::current().checkpoint(3);
      if (!box_.prepare_to_sleep()) {
        --sleeps_;
        continue;
      }
      if (plan_.ending == Ending::kAtOnceAsleep) break;
      Interleaver::current().checkpoint(5);
      event_.wait_for_nonzero();
      event_.exchange(0);
      Interleaver::current().checkpoint(1);
      box_.awake();
    }
    Interleaver::current().checkpoint(2);
    closing_ = true;
    box_.close();
    do {
      Interleaver::current().checkpoint(4);
    } while (drain() != 0);
    // Who has been refused may still be on its way out; with every letter here, nobody may.
    if (plan_.ending == Ending::kWhenAllHasArrived && plan_.alarm == Alarm::kNone) {
      Interleaver::current().end_of_life();
    }
  }

  std::size_t expected() const { return plan_.posts[0] + plan_.posts[1]; }
  std::size_t arrived() const { return delivered_[0] + delivered_[1]; }

  std::size_t drain() {
    const std::size_t count = box_.drain(ready_, plan_.bound);
    if (count > plan_.bound) Interleaver::current().fail("a drain exceeds its bound");
    for (std::size_t i = 0; i < count; ++i) {
      auto& letter = static_cast<Letter&>(*ready_.pop_front());
      letter.next_mail = nullptr;  // for more equal states
      if (letter.number != delivered_[letter.sender]++) {
        Interleaver::current().fail("a letter is out of order, or here twice");
      }
    }
    return count;
  }

  const Plan plan_;
  Box box_{&PostOffice::ring, this};
  ModelAtomic<std::uint64_t> event_{0};
  ReadyQueue ready_;
  std::array<std::array<Letter, kMostPosts>, kProducers> letters_;
  std::array<std::size_t, kProducers> delivered_{};
  std::array<std::size_t, kProducers> accepted_{};
  std::size_t sleeps_ = 0;
  std::size_t wakes_ = 0;
  bool closing_ = false;
};

using RealOffice = PostOffice<BasicMailbox<ModelAtomic>>;

template <class Office>
Interleaver::Report explore(const Plan& plan, Merging merging = Merging::kOn) {
  Interleaver::Report report = Interleaver::explore<Office>(merging, plan);
  std::cout << report.interleavings << " interleavings, " << report.states << " states, "
            << report.runs << " runs\n";
  if (!report.failure.empty()) std::cout << "found: " << report.failure << "\n";
  return report;
}

TEST(MailboxModel, loses_no_wake_up_and_no_letter_and_ends_with_the_last_one) {
  for (const std::size_t bound : {kAll, std::size_t{1}}) {
    const auto report = explore<RealOffice>({.bound = bound});
    EXPECT_EQ(report.failure, "");
    EXPECT_GT(report.interleavings, 100'000'000u);
  }
}

// RONDO_SOAK=1 gives each producer two posts: half a million states, and minutes under a sanitizer.
TEST(MailboxModelSoak, bounds_of_two_and_as_many_posts_as_there_is_time_for) {
  const bool soak = std::getenv("RONDO_SOAK") != nullptr;
  const auto report = explore<RealOffice>({.posts{soak ? 2u : 1u, 2}, .bound = 2});
  EXPECT_EQ(report.failure, "");
  EXPECT_GT(report.interleavings, 100'000'000u);
}

TEST(MailboxModel, close_delivers_what_was_accepted_and_nothing_is_accepted_afterwards) {
  for (const Ending ending : {Ending::kAtOnce, Ending::kAtOnceAsleep}) {
    const auto report = explore<RealOffice>({.posts{2, 2}, .bound = 1, .ending = ending});
    EXPECT_EQ(report.failure, "");
    EXPECT_GT(report.interleavings, 100'000u);
  }
}

TEST(MailboxModel, a_consumer_that_something_else_wakes_misses_nothing) {
  for (const Ending ending : {Ending::kWhenAllHasArrived, Ending::kAtOnceAsleep}) {
    const auto report =
        explore<RealOffice>({.posts{1, 1}, .ending = ending, .alarm = Alarm::kOnce});
    EXPECT_EQ(report.failure, "");
    EXPECT_GT(report.interleavings, 10'000u);
  }
}

TEST(MailboxModel, merging_equal_states_covers_what_plain_enumeration_covers) {
  const Plan plan{.posts{1, 1}, .ending = Ending::kAtOnceAsleep};
  const auto merged = explore<RealOffice>(plan);
  const auto plain = explore<RealOffice>(plan, Merging::kOff);
  EXPECT_EQ(merged.failure, "");
  EXPECT_EQ(plain.failure, "");
  EXPECT_EQ(merged.interleavings, plain.interleavings);
  EXPECT_EQ(plain.runs, plain.interleavings);
  EXPECT_LT(merged.runs, plain.runs);
}

// The model can fail: each of these is a protocol that people write.

TEST(MailboxModel, finds_the_wake_up_that_is_lost_without_a_second_look) {
  const auto report = explore<PostOffice<FlagMailbox<SecondLook::kNone>>>({.posts{1, 1}});
  EXPECT_NE(report.failure.find("a thread waits for ever"), std::string::npos) << report.failure;
}

TEST(MailboxModel, finds_the_producer_that_looks_at_a_flag_of_a_mailbox_that_has_ended) {
  const auto report = explore<PostOffice<FlagMailbox<SecondLook::kAfterTheFlag>>>({.posts{1, 1}});
  EXPECT_NE(report.failure.find("touches what has ended"), std::string::npos) << report.failure;
}

}  // namespace
}  // namespace rondo
