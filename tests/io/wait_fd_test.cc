// SPDX-License-Identifier: MIT
#include "rondo/io/wait_fd.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/kernel/control.h"
#include "support/world.h"

namespace rondo {
namespace {

struct Pipe {
  Pipe() {
    int fds[2];
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    reader = Fd(fds[0]);
    writer = Fd(fds[1]);
  }
  void put(char byte = 'x') { EXPECT_EQ(::write(writer.number(), &byte, 1), 1); }
  char get() {
    char byte = 0;
    EXPECT_EQ(::read(reader.number(), &byte, 1), 1);
    return byte;
  }

  Fd reader;
  Fd writer;
};

class WaitFdTest : public BackendTest {
 protected:
  // Waits in a task of its own; `outcome` is set when that has ended.
  void begin_wait(WaitFd wait, std::optional<Error>& outcome) {
    loop().spawn(
        [&outcome](WaitFd operation) -> Task<> {
          auto ready = co_await std::move(operation);
          outcome = ready.error();
        },
        std::move(wait));
    turn();
  }
};
RONDO_ON_EVERY_BACKEND(WaitFdTest);

TEST_P(WaitFdTest, a_pipe_is_readable_when_something_was_written) {
  Pipe pipe;
  std::optional<Error> outcome;
  begin_wait(wait_readable(pipe.reader.number()), outcome);
  EXPECT_FALSE(outcome.has_value());
  pipe.put();
  turn_until([&] { return outcome.has_value(); });
  EXPECT_FALSE(*outcome) << outcome->message();
  EXPECT_EQ(pipe.get(), 'x') << "the wait itself reads nothing";
}

TEST_P(WaitFdTest, what_is_readable_stays_so_however_often_one_waits) {
  Pipe pipe;
  pipe.put();
  run([&]() -> Task<> {
    for (int i = 0; i < 50; ++i) {
      auto ready = co_await wait_readable(pipe.reader.number());
      EXPECT_TRUE(ready);
    }
  });
  pipe.get();
  std::optional<Error> outcome;
  begin_wait(wait_readable(pipe.reader.number()), outcome);
  EXPECT_FALSE(outcome.has_value()) << "and when it is not, one waits";
  pipe.put();
  turn_until([&] { return outcome.has_value(); });
}

TEST_P(WaitFdTest, every_write_is_seen_by_the_next_wait) {
  Pipe pipe;
  run([&]() -> Task<> {
    for (int i = 0; i < 1000; ++i) {
      const char byte = static_cast<char>(i);
      if (i % 2 == 0) pipe.put(byte);
      auto write = [&]() -> Task<> {
        co_await turns(i % 3);
        if (i % 2 == 1) pipe.put(byte);
      };
      auto wait = [&]() -> Task<> {
        auto ready = co_await wait_readable(pipe.reader.number());
        EXPECT_TRUE(ready);
      };
      co_await when_all(wait(), write());
      EXPECT_EQ(pipe.get(), byte);
    }
  });
}

TEST_P(WaitFdTest, a_full_pipe_becomes_writable_when_it_is_drained) {
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.writer.number(), F_SETFL, O_NONBLOCK), 0);
  std::string bytes(4096, 'x');
  while (::write(pipe.writer.number(), bytes.data(), bytes.size()) > 0) {
  }
  std::optional<Error> outcome;
  begin_wait(wait_writable(pipe.writer.number()), outcome);
  EXPECT_FALSE(outcome.has_value());
  for (int i = 0; i < 16; ++i) {
    EXPECT_GT(::read(pipe.reader.number(), bytes.data(), bytes.size()), 0);
  }
  turn_until([&] { return outcome.has_value(); });
  EXPECT_FALSE(*outcome);
}

TEST_P(WaitFdTest, an_event_counter_is_readable_while_it_is_not_zero) {
  Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  std::optional<Error> outcome;
  begin_wait(wait_readable(event.number()), outcome);
  EXPECT_FALSE(outcome.has_value());
  std::uint64_t count = 3;
  EXPECT_EQ(::write(event.number(), &count, sizeof count), 8);
  turn_until([&] { return outcome.has_value(); });
  EXPECT_FALSE(*outcome);
  EXPECT_EQ(::read(event.number(), &count, sizeof count), 8);
  EXPECT_EQ(count, 3u);
}

TEST_P(WaitFdTest, two_tasks_wait_for_both_directions_of_one_socket) {
  auto pair = control::open_socket_pair(BlockingMode::kBlocking).value();
  const int fd = pair.first.number();
  const std::string bytes(4096, 'x');
  while (::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
  }
  std::optional<Error> readable;
  std::optional<Error> writable;
  begin_wait(wait_readable(fd), readable);
  begin_wait(wait_writable(fd), writable);
  EXPECT_FALSE(readable.has_value());
  EXPECT_FALSE(writable.has_value());
  EXPECT_EQ(::send(pair.second.number(), "x", 1, 0), 1);
  turn_until([&] { return readable.has_value(); });
  EXPECT_FALSE(*readable);
  EXPECT_FALSE(writable.has_value());
  std::string drained(1 << 20, ' ');
  while (::recv(pair.second.number(), drained.data(), drained.size(), MSG_DONTWAIT) > 0) {
  }
  turn_until([&] { return writable.has_value(); });
  EXPECT_FALSE(*writable);
}

TEST_P(WaitFdTest, a_socket_without_room_is_not_writable_because_its_peer_has_finished_sending) {
  auto pair = control::open_socket_pair(BlockingMode::kBlocking).value();
  const int fd = pair.first.number();
  const std::string bytes(4096, 'x');
  while (::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
  }
  ASSERT_EQ(::shutdown(pair.second.number(), SHUT_WR), 0);
  std::optional<Error> writable;
  begin_wait(wait_writable(fd), writable);
  turn(10);
  EXPECT_FALSE(writable.has_value());
  std::string drained(1 << 20, ' ');
  while (::recv(pair.second.number(), drained.data(), drained.size(), MSG_DONTWAIT) > 0) {
  }
  turn_until([&] { return writable.has_value(); });
  EXPECT_FALSE(*writable);
}

TEST_P(WaitFdTest, the_end_of_a_pipe_counts_as_readable_and_its_break_as_writable) {
  Pipe ending;
  Pipe breaking;
  ASSERT_EQ(::fcntl(breaking.writer.number(), F_SETFL, O_NONBLOCK), 0);
  const std::string bytes(4096, 'x');
  while (::write(breaking.writer.number(), bytes.data(), bytes.size()) > 0) {
  }
  std::optional<Error> readable;
  std::optional<Error> writable;
  begin_wait(wait_readable(ending.reader.number()), readable);
  begin_wait(wait_writable(breaking.writer.number()), writable);
  ending.writer = Fd();
  breaking.reader = Fd();
  turn_until([&] { return readable.has_value() && writable.has_value(); });
  EXPECT_FALSE(*readable) << readable->message();
  EXPECT_FALSE(*writable) << writable->message();
}

TEST_P(WaitFdTest, a_regular_file_is_always_ready) {
  Fd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file.valid());
  run([&]() -> Task<> {
    for (int i = 0; i < 3; ++i) {
      auto readable = co_await wait_readable(file.number());
      EXPECT_TRUE(readable) << readable.error().message();
      auto writable = co_await wait_writable(file.number());
      EXPECT_TRUE(writable) << writable.error().message();
    }
    auto both = co_await when_all(wait_readable(file.number()), wait_writable(file.number()));
    EXPECT_TRUE(std::get<0>(both));
    EXPECT_TRUE(std::get<1>(both));
  });
}

TEST_P(WaitFdTest, what_is_no_descriptor_is_refused) {
  run([&]() -> Task<> {
    for (int bad : {-1, -2, 19999}) {
      auto ready = co_await wait_readable(bad);
      EXPECT_EQ(ready.error().number(), EBADF) << bad;
    }
  });
}

TEST_P(WaitFdTest, a_number_that_was_closed_and_opened_again_is_a_new_descriptor) {
  run([&]() -> Task<> {
    for (int i = 0; i < 100; ++i) {
      Pipe first;
      first.put();
      const int number = first.reader.number();
      auto ready = co_await wait_readable(number);
      EXPECT_TRUE(ready);
      first = Pipe();
      Pipe second;
      Pipe third;
      Pipe& same = second.reader.number() == number ? second : third;
      auto early = co_await with_timeout(0ns, wait_readable(same.reader.number()));
      EXPECT_TRUE(early.error().is(Errc::timed_out)) << early.error().message();
      same.put();
      auto late = co_await wait_readable(same.reader.number());
      EXPECT_TRUE(late) << late.error().message();
    }
  });
}

TEST_P(WaitFdTest, the_descriptor_keeps_its_blocking_mode_and_stays_open) {
  Pipe pipe;
  pipe.put();
  const int before = ::fcntl(pipe.reader.number(), F_GETFL);
  run([&]() -> Task<> {
    auto ready = co_await wait_readable(pipe.reader.number());
    EXPECT_TRUE(ready);
  });
  EXPECT_EQ(::fcntl(pipe.reader.number(), F_GETFL), before);
}

TEST_P(WaitFdTest, a_wait_that_timed_out_leaves_the_descriptor_usable) {
  Pipe pipe;
  run([&]() -> Task<> {
    for (int i = 0; i < 20; ++i) {
      auto early = co_await with_timeout(0ns, wait_readable(pipe.reader.number()));
      EXPECT_TRUE(early.error().is(Errc::timed_out));
    }
    pipe.put();
    auto ready = co_await wait_readable(pipe.reader.number());
    EXPECT_TRUE(ready);
  });
}

class WaitFdDeathTest : public WaitFdTest {};
RONDO_ON_EVERY_BACKEND(WaitFdDeathTest);

TEST_P(WaitFdDeathTest, two_tasks_must_not_wait_for_the_same_readiness) {
  EXPECT_DEATH(
      {
        auto mine = Loop::create(GetParam().options()).value();
        Pipe pipe;
        for (int i = 0; i < 2; ++i) {
          mine->spawn(
              [&]() -> Task<> { static_cast<void>(co_await wait_readable(pipe.reader.number())); });
        }
        mine->run();
      },
      "two waits for the same readiness");
}

}  // namespace
}  // namespace rondo
