// SPDX-License-Identifier: MIT
#include "rondo/net/endpoint.h"

#include <net/if.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash_testing.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rondo/kernel/control.h"

namespace rondo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Endpoint parsed(std::string_view text) {
  auto endpoint = Endpoint::parse(text);
  EXPECT_TRUE(endpoint.ok()) << text << ": " << endpoint.status();
  return endpoint.ok() ? *endpoint : Endpoint();
}

constexpr Endpoint::Ipv6Bytes kLoopback6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

TEST(Endpoint, what_it_prints_is_what_it_reads) {
  for (std::string_view text :
       {"127.0.0.1:7000", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:7000", "[::]:0",
        "[2001:db8::8:800:200c:417a]:1", "[::ffff:10.0.0.1]:80", "[fe80::1%lo]:80"}) {
    EXPECT_EQ(parsed(text).to_string(), text);
  }
}

TEST(Endpoint, short_forms_mean_every_ipv4_address) {
  EXPECT_EQ(parsed("*:7000").to_string(), "0.0.0.0:7000");
  EXPECT_EQ(parsed(":7000").to_string(), "0.0.0.0:7000");
  EXPECT_EQ(Endpoint().to_string(), "0.0.0.0:0");
}

TEST(Endpoint, a_scope_is_an_interface_name_or_its_index) {
  const unsigned index = ::if_nametoindex("lo");
  ASSERT_NE(index, 0U);
  EXPECT_EQ(parsed("[fe80::1%lo]:80"), parsed("[fe80::1%" + std::to_string(index) + "]:80"));
  EXPECT_EQ(parsed("[fe80::1%4000000000]:80").to_string(), "[fe80::1%4000000000]:80");
}

TEST(Endpoint, bad_text_is_refused_with_a_line_that_says_what_was_wrong) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", "bad endpoint '': no port"},
      {"7000", "no port"},
      {"127.0.0.1", "no port"},
      {"127.0.0.1:", "no port"},
      {"[::1]", "no port"},
      {"[::1]:", "no port"},
      {"[::1", "no ']'"},
      {"[", "no ']'"},
      {"[::1]7000", "no ':' between ']' and the port"},
      {"[]:7000", "'' is no IPv6 address"},
      {"[127.0.0.1]:7000", "'127.0.0.1' is no IPv6 address"},
      {"[::1::2]:7000", "'::1::2' is no IPv6 address"},
      {"[[::1]]:7000", "'[::1]' is no IPv6 address"},
      {"::1:7000", "an IPv6 address needs brackets"},
      {"::1]:7000", "an IPv6 address needs brackets"},
      {"1.2.3.4:5:6", "more than one ':'"},
      {"localhost:7000", "'localhost' is no IP address (names are not resolved)"},
      {"256.0.0.1:7000", "'256.0.0.1' is no IP address"},
      {"1.2.3:7000", "'1.2.3' is no IP address"},
      {"01.2.3.4:7000", "'01.2.3.4' is no IP address"},
      {" 127.0.0.1:7000", "' 127.0.0.1' is no IP address"},
      {"**:7000", "'**' is no IP address"},
      {"127.0.0.1:65536", "'65536' is no port from 0 to 65535"},
      {"127.0.0.1:99999999999999999999", "is no port from 0 to 65535"},
      {"127.0.0.1:-1", "'-1' is no port"},
      {"127.0.0.1:+1", "'+1' is no port"},
      {"127.0.0.1:0x50", "'0x50' is no port"},
      {"127.0.0.1:80 ", "'80 ' is no port"},
      {"127.0.0.1:http", "'http' is no port"},
      {"[fe80::1%]:80", "there is no interface ''"},
      {"[fe80::1%nosuchif]:80", "there is no interface 'nosuchif'"},
      {"[fe80::1%0]:80", "there is no interface '0'"},
      {"[fe80::1%4294967296]:80", "there is no interface '4294967296'"},
      {"[%lo]:80", "'' is no IPv6 address"},
      {"a\nb:80", R"('a\nb' is no IP address)"},
      {std::string_view("127.0.0.1\0:80", 13), R"('127.0.0.1\x00' is no IP address)"},
      {std::string_view("[::1\0]:80", 9), R"('::1\x00' is no IPv6 address)"},
  };
  for (const auto& [text, why] : cases) {
    auto endpoint = Endpoint::parse(text);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_EQ(endpoint.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(endpoint.status().message());
    EXPECT_THAT(message, HasSubstr(std::string(why)));
    EXPECT_THAT(message, HasSubstr("expected ADDRESS:PORT such as 127.0.0.1:7000"));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
  }
}

TEST(Endpoint, a_message_stays_short_whatever_was_given) {
  auto endpoint = Endpoint::parse(std::string(100'000, 'x') + ":80");
  ASSERT_FALSE(endpoint.ok());
  EXPECT_LT(endpoint.status().message().size(), 500U);
}

TEST(Endpoint, random_text_is_read_or_refused_and_what_is_read_prints_and_reads_again) {
  constexpr std::string_view kLetters = "0123456789abcdef::::....[]%*lo \n\xff";
  std::mt19937 random(7);
  int read = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 24, '\0');
    for (char& letter : text) letter = kLetters[random() % kLetters.size()];
    if (i % 2 == 0) text += ":80";
    if (i % 16 == 0) text = "[" + text.substr(0, text.size() / 2) + "]:1";
    if (i % 64 == 0) text = ":" + std::to_string(random() % 70'000);
    auto endpoint = Endpoint::parse(text);
    if (!endpoint.ok()) continue;
    ++read;
    EXPECT_EQ(parsed(endpoint->to_string()), *endpoint) << text;
  }
  EXPECT_GT(read, 1000);
}

TEST(Endpoint, random_bytes_never_crash) {
  std::mt19937 random(11);
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 48, '\0');
    for (char& letter : text) letter = static_cast<char>(random());
    (void)Endpoint::parse(text);
    (void)Endpoint::from_native(reinterpret_cast<const sockaddr*>(text.data()),
                                static_cast<socklen_t>(text.size()));
  }
}

TEST(Endpoint, numbers_and_bytes_make_the_same_address) {
  EXPECT_EQ(Endpoint::ipv4(0x7f000001, 7000), Endpoint::ipv4({127, 0, 0, 1}, 7000));
  EXPECT_EQ(Endpoint::ipv4({127, 0, 0, 1}, 7000), parsed("127.0.0.1:7000"));
  EXPECT_EQ(Endpoint::ipv6(kLoopback6, 7000), parsed("[::1]:7000"));
}

TEST(Endpoint, the_port_can_be_replaced) {
  for (std::string_view text : {"127.0.0.1:1", "[fe80::1%lo]:1"}) {
    const Endpoint first = parsed(text);
    const Endpoint second = first.with_port(65535);
    EXPECT_EQ(first.port(), 1);
    EXPECT_EQ(second.port(), 65535);
    EXPECT_EQ(second.with_port(1), first);
  }
}

TEST(Endpoint, loopback_is_recognised_in_every_form) {
  for (std::string_view text :
       {"127.0.0.1:1", "127.255.0.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_TRUE(parsed(text).is_loopback()) << text;
  }
  for (std::string_view text :
       {"128.0.0.1:1", "0.0.0.0:1", "[::]:1", "[::2]:1", "[::ffff:10.0.0.1]:1", "[fe80::1]:1"}) {
    EXPECT_FALSE(parsed(text).is_loopback()) << text;
  }
}

TEST(Endpoint, family_and_size_are_what_the_kernel_wants) {
  EXPECT_EQ(parsed("127.0.0.1:1").family(), AF_INET);
  EXPECT_EQ(parsed("127.0.0.1:1").size(), sizeof(sockaddr_in));
  EXPECT_EQ(parsed("[::1]:1").family(), AF_INET6);
  EXPECT_EQ(parsed("[::1]:1").size(), sizeof(sockaddr_in6));
}

TEST(Endpoint, the_native_form_comes_back_equal_from_any_alignment) {
  for (std::string_view text : {"10.1.2.3:4567", "[fe80::1%lo]:80"}) {
    const Endpoint endpoint = parsed(text);
    char bytes[sizeof(sockaddr_storage) + 1];
    std::memcpy(bytes + 1, endpoint.data(), endpoint.size());
    auto copy =
        Endpoint::from_native(reinterpret_cast<const sockaddr*>(bytes + 1), endpoint.size());
    ASSERT_TRUE(copy);
    EXPECT_EQ(*copy, endpoint);
  }
}

TEST(Endpoint, the_flow_label_is_no_part_of_it) {
  sockaddr_in6 native{};
  native.sin6_family = AF_INET6;
  native.sin6_flowinfo = htonl(7);
  auto endpoint = Endpoint::from_native(reinterpret_cast<const sockaddr*>(&native), sizeof(native));
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(*endpoint, parsed("[::]:0"));
}

TEST(Endpoint, a_native_form_that_is_too_short_or_of_another_family_is_refused) {
  const Endpoint v4 = parsed("127.0.0.1:1");
  const Endpoint v6 = parsed("[::1]:1");
  const Error invalid = Error::from_errno(EINVAL);
  EXPECT_EQ(Endpoint::from_native(v4.data(), 0).error(), invalid);
  EXPECT_EQ(Endpoint::from_native(v4.data(), v4.size() - 1).error(), invalid);
  EXPECT_EQ(Endpoint::from_native(v6.data(), v4.size()).error(), invalid);
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_EQ(Endpoint::from_native(reinterpret_cast<sockaddr*>(&local), sizeof(local)).error(),
            Error::from_errno(EAFNOSUPPORT));
}

// From small to large.
std::vector<Endpoint> ordered_endpoints() {
  return {parsed("0.0.0.0:0"),       parsed("0.0.0.0:1"),
          parsed("127.0.0.1:65535"), parsed("128.0.0.1:0"),
          parsed("[::]:0"),          parsed("[::]:256"),
          parsed("[::1]:1"),         parsed("[::ffff:1.2.3.4]:1"),
          parsed("[fe80::1]:2"),     parsed("[fe80::1%1]:1"),
          parsed("[fe80::1%2]:0")};
}

TEST(Endpoint, the_order_is_total_and_by_family_address_scope_port) {
  const std::vector<Endpoint> endpoints = ordered_endpoints();
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    for (std::size_t k = 0; k < endpoints.size(); ++k) {
      EXPECT_EQ(endpoints[i] <=> endpoints[k], i <=> k) << i << ' ' << k;
      EXPECT_EQ(endpoints[i] == endpoints[k], i == k);
    }
  }
}

TEST(Endpoint, it_is_a_key_in_every_container) {
  const std::vector<Endpoint> endpoints = ordered_endpoints();
  std::map<Endpoint, int> ordered;
  std::unordered_set<Endpoint> hashed;
  absl::flat_hash_set<Endpoint> flat;
  for (int round = 0; round < 2; ++round) {
    for (const Endpoint& endpoint : endpoints) {
      ordered[endpoint] = round;
      hashed.insert(endpoint);
      flat.insert(endpoint);
    }
  }
  EXPECT_EQ(ordered.size(), endpoints.size());
  EXPECT_EQ(hashed.size(), endpoints.size());
  EXPECT_EQ(flat.size(), endpoints.size());
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(endpoints));
}

TEST(Endpoint, neighbours_hash_apart) {
  std::unordered_set<std::size_t> low_bits;
  for (unsigned port = 0; port < 65536; ++port) {
    const Endpoint endpoint = Endpoint::ipv4({127, 0, 0, 1}, static_cast<std::uint16_t>(port));
    low_bits.insert(std::hash<Endpoint>()(endpoint) % 65536);
  }
  EXPECT_GT(low_bits.size(), 65536U / 2);  // random numbers would fill 63 %
}

TEST(Endpoint, the_ends_of_a_socket_are_read_from_it) {
  auto fd = control::open_stream_socket(AF_INET6, BlockingMode::kBlocking);
  ASSERT_TRUE(fd);
  const Endpoint asked = parsed("[::1]:0");
  ASSERT_TRUE(control::bind(fd->number(), asked.data(), asked.size()));
  auto local = local_endpoint(fd->number());
  ASSERT_TRUE(local);
  EXPECT_NE(local->port(), 0);
  EXPECT_EQ(local->with_port(0), asked);
  EXPECT_EQ(peer_endpoint(fd->number()).error(), Error::from_errno(ENOTCONN));

  auto pair = control::open_socket_pair(BlockingMode::kBlocking);
  ASSERT_TRUE(pair);
  EXPECT_EQ(local_endpoint(pair->first.number()).error(), Error::from_errno(EAFNOSUPPORT));
}

}  // namespace
}  // namespace rondo
