// SPDX-License-Identifier: MIT
#include "rondo/base/error.h"

#include <cerrno>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace rondo {
namespace {

TEST(Error, is_four_bytes_and_false_when_there_is_none) {
  static_assert(sizeof(Error) == 4);
  EXPECT_FALSE(Error());
  EXPECT_EQ(Error().code(), std::error_code());
  EXPECT_TRUE(Error(Errc::canceled));
  EXPECT_TRUE(Error::from_errno(EPIPE));
}

TEST(Error, keeps_errno) {
  const Error error = Error::from_errno(ECONNRESET);
  EXPECT_EQ(error.number(), ECONNRESET);
  EXPECT_EQ(error.code(), std::errc::connection_reset);
  EXPECT_EQ(error.code().category(), std::system_category());
  EXPECT_EQ(error.message(), std::system_category().message(ECONNRESET));
}

TEST(Error, tells_its_own_outcomes_from_those_of_the_kernel) {
  const Error error = Errc::end_of_stream;
  EXPECT_TRUE(error.is(Errc::end_of_stream));
  EXPECT_FALSE(error.is(Errc::canceled));
  EXPECT_EQ(error, Error(Errc::end_of_stream));
  EXPECT_NE(error, Error::from_errno(EPIPE));
  EXPECT_EQ(error.code(), Errc::end_of_stream);
  EXPECT_STREQ(error.code().category().name(), "rondo");
}

TEST(Error, means_what_the_standard_conditions_mean) {
  EXPECT_EQ(Error(Errc::canceled).code(), std::errc::operation_canceled);
  EXPECT_EQ(Error(Errc::timed_out).code(), std::errc::timed_out);
  EXPECT_EQ(Error(Errc::out_of_memory).code(), std::errc::not_enough_memory);
  EXPECT_NE(Error(Errc::closed).code(), std::errc::bad_file_descriptor);
}

TEST(Error, every_outcome_has_a_message_of_its_own) {
  std::set<std::string> messages;
  const Errc all[] = {Errc::end_of_stream, Errc::canceled, Errc::timed_out,
                      Errc::closed,        Errc::broken,   Errc::out_of_memory};
  for (const Errc code : all) messages.insert(Error(code).message());
  EXPECT_EQ(messages.size(), std::size(all));
  EXPECT_FALSE(messages.contains(rondo_category().message(9999)));
}

}  // namespace
}  // namespace rondo
