// SPDX-License-Identifier: MIT
#include "rondo/net/socket_options.h"

#include <cerrno>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/kernel/control.h"
#include "rondo/net/endpoint.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

class SocketOptions : public ::testing::Test {
 protected:
  void SetUp() override {
    auto fd = control::open_stream_socket(AF_INET6, BlockingMode::kBlocking);
    ASSERT_TRUE(fd) << fd.error().message();
    socket_ = std::move(*fd);
  }

  int fd() const { return socket_.number(); }

  // What the kernel itself says.
  template <class Native>
  Native native(int level, int name) const {
    Native value{};
    socklen_t size = sizeof(value);
    EXPECT_EQ(::getsockopt(fd(), level, name, &value, &size), 0);
    return value;
  }

  template <class Option>
  void expect_round_trip(Option option) {
    auto done = set_option(fd(), option);
    ASSERT_TRUE(done) << done.error().message();
    auto value = get_option<Option>(fd());
    ASSERT_TRUE(value) << value.error().message();
    EXPECT_EQ(*value, option.value);
  }

 private:
  Fd socket_;
};

TEST_F(SocketOptions, switches_go_on_and_off_again) {
  for (bool on : {true, false, true}) {
    expect_round_trip(NoDelay{on});
    expect_round_trip(Cork{on});
    expect_round_trip(KeepAlive{on});
    expect_round_trip(ReuseAddress{on});
    expect_round_trip(ReusePort{on});
    expect_round_trip(Ipv6Only{on});
  }
}

TEST_F(SocketOptions, a_switch_is_what_the_kernel_says_it_is) {
  ASSERT_TRUE(set_option(fd(), NoDelay{true}));
  EXPECT_EQ(native<int>(IPPROTO_TCP, TCP_NODELAY), 1);
  ASSERT_TRUE(set_option(fd(), NoDelay{false}));
  EXPECT_EQ(native<int>(IPPROTO_TCP, TCP_NODELAY), 0);
}

TEST_F(SocketOptions, keep_alive_times_are_seconds) {
  expect_round_trip(KeepAliveIdle{45s});
  expect_round_trip(KeepAliveInterval{5s});
  expect_round_trip(KeepAliveProbes{4});
  EXPECT_EQ(native<int>(IPPROTO_TCP, TCP_KEEPIDLE), 45);
  EXPECT_EQ(native<int>(IPPROTO_TCP, TCP_KEEPINTVL), 5);
  EXPECT_EQ(native<int>(IPPROTO_TCP, TCP_KEEPCNT), 4);
}

TEST_F(SocketOptions, linger_is_off_or_a_time_and_zero_is_not_off) {
  expect_round_trip(Linger{7s});
  EXPECT_EQ(native<linger>(SOL_SOCKET, SO_LINGER).l_linger, 7);
  expect_round_trip(Linger{std::nullopt});
  EXPECT_EQ(native<linger>(SOL_SOCKET, SO_LINGER).l_onoff, 0);
  expect_round_trip(Linger{0s});
  EXPECT_EQ(native<linger>(SOL_SOCKET, SO_LINGER).l_onoff, 1);
}

TEST_F(SocketOptions, buffer_sizes_read_back_doubled) {
  ASSERT_TRUE(set_option(fd(), ReceiveBuffer{16384}));
  ASSERT_TRUE(set_option(fd(), SendBuffer{16384}));
  auto receive = get_option<ReceiveBuffer>(fd());
  auto send = get_option<SendBuffer>(fd());
  ASSERT_TRUE(receive);
  ASSERT_TRUE(send);
  EXPECT_EQ(*receive, 32768);
  EXPECT_EQ(*send, 32768);
}

TEST_F(SocketOptions, the_user_timeout_is_in_milliseconds) {
  expect_round_trip(UserTimeout{1500ms});
  EXPECT_EQ(native<int>(IPPROTO_TCP, TCP_USER_TIMEOUT), 1500);
}

TEST_F(SocketOptions, the_not_sent_low_water_mark_is_in_bytes) {
  expect_round_trip(NotSentLowWater{16384});
}

TEST_F(SocketOptions, defer_accept_is_rounded_up_by_the_kernel) {
  ASSERT_TRUE(set_option(fd(), DeferAccept{2s}));
  auto value = get_option<DeferAccept>(fd());
  ASSERT_TRUE(value);
  EXPECT_GE(*value, 2s);
  EXPECT_LE(*value, 7s);
  expect_round_trip(DeferAccept{0s});
}

TEST_F(SocketOptions, quick_ack_can_be_set_and_read) {
  ASSERT_TRUE(set_option(fd(), QuickAck{true}));
  EXPECT_TRUE(get_option<QuickAck>(fd()));
}

TEST_F(SocketOptions, the_incoming_cpu_can_be_chosen) { expect_round_trip(IncomingCpu{0}); }

TEST_F(SocketOptions, busy_poll_is_microseconds_or_needs_a_privilege) {
  auto done = set_option(fd(), BusyPoll{50us});
  auto value = get_option<BusyPoll>(fd());
  ASSERT_TRUE(value);
  if (done) {
    EXPECT_EQ(*value, 50us);
  } else {
    EXPECT_EQ(done.error(), Error::from_errno(EPERM));
  }
}

TEST_F(SocketOptions, a_pending_error_is_read_once) {
  EXPECT_TRUE(take_pending_error(fd()));

  // A port that is bound and not listened on refuses.
  auto holder = control::open_stream_socket(AF_INET6, BlockingMode::kBlocking);
  ASSERT_TRUE(holder);
  const Endpoint any_port = Endpoint::parse("[::1]:0").value();
  ASSERT_TRUE(control::bind(holder->number(), any_port.data(), any_port.size()));
  auto closed = local_endpoint(holder->number());
  ASSERT_TRUE(closed);
  ASSERT_TRUE(control::set_blocking_mode(fd(), BlockingMode::kNonBlocking));
  ASSERT_EQ(::connect(fd(), closed->data(), closed->size()), -1);
  if (errno == EINPROGRESS) {
    EXPECT_EQ(take_pending_error(fd()).error(), Error::from_errno(ECONNREFUSED));
  }
  EXPECT_TRUE(take_pending_error(fd()));
  EXPECT_EQ(take_pending_error(-1).error(), Error::from_errno(EBADF));
}

TEST_F(SocketOptions, a_duration_that_does_not_fit_is_einval) {
  const Error invalid = Error::from_errno(EINVAL);
  EXPECT_EQ(set_option(fd(), UserTimeout{-1ms}).error(), invalid);
  EXPECT_EQ(set_option(fd(), UserTimeout{std::chrono::milliseconds::max()}).error(), invalid);
  EXPECT_EQ(set_option(fd(), Linger{-1s}).error(), invalid);
  EXPECT_EQ(set_option(fd(), Linger{std::chrono::seconds::max()}).error(), invalid);
  EXPECT_EQ(set_option(fd(), KeepAliveIdle{0s}).error(), invalid);
}

TEST_F(SocketOptions, an_option_of_another_protocol_is_refused) {
  auto pair = control::open_socket_pair(BlockingMode::kBlocking);
  ASSERT_TRUE(pair);
  EXPECT_FALSE(set_option(pair->first.number(), NoDelay{true}));
  EXPECT_FALSE(get_option<NoDelay>(pair->first.number()));
  EXPECT_EQ(get_option<NoDelay>(-1).error(), Error::from_errno(EBADF));
}

}  // namespace
}  // namespace rondo
