// SPDX-License-Identifier: MIT
#include "rondo/observe/inspector.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "support/raw_peer.h"
#include "support/temporary_folder.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test
using ::testing::HasSubstr;
using ::testing::StartsWith;

class InspectorTest : public testing::Test {
 protected:
  UnixAddress address() const { return UnixAddress::parse("unix:" + path()).value(); }
  std::string path() const { return folder_.path("look"); }
  std::vector<NamedLoop> loops() { return {{"one", &thread_->loop()}}; }
  RawPeer connect() const { return RawPeer::connect(Address(address())); }
  std::string ask(const std::string& request) const {
    RawPeer peer = connect();
    peer.send(request);
    return peer.receive_to_end();
  }

  TemporaryFolder folder_;
  std::unique_ptr<LoopThread> thread_ = LoopThread::start({}).value();
  std::unique_ptr<Inspector> inspector_ = Inspector::listen(address(), loops()).value();
};

TEST_F(InspectorTest, answers_what_it_is_asked) {
  std::promise<void> began;
  ASSERT_TRUE(spawn_on(thread_->loop(), [&began]() -> Task<> {
    TaskContext& self = co_await this_context();
    self.set_name("worker");
    began.set_value();
    static_cast<void>(co_await sleep(1h));
  }));
  began.get_future().wait();
  EXPECT_THAT(ask("tasks\n"), HasSubstr("worker: sleep"));
  EXPECT_THAT(ask("waiting 5\n"), StartsWith("one worker: sleep"));
  EXPECT_EQ(ask("waiting 0\n"), "");
  EXPECT_THAT(ask("loops\n"), StartsWith("loop=one answer=0 "));
  EXPECT_THAT(ask("help\n"), HasSubstr("waiting N"));
}

TEST_F(InspectorTest, can_be_taught_more) {
  inspector_->add("secret", [] { return std::string("none\n"); });
  EXPECT_EQ(ask("secret\n"), "none\n");
  EXPECT_THAT(ask("help\n"), HasSubstr("secret"));
}

TEST_F(InspectorTest, refuses_what_is_no_request) {
  EXPECT_THAT(ask("\n"), StartsWith("error: "));
  EXPECT_THAT(ask("what\n"), StartsWith("error: "));
  EXPECT_THAT(ask(std::string(300, 'x')), StartsWith("error: "));
}

TEST_F(InspectorTest, its_file_is_for_this_user_only_and_goes_with_it) {
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_EQ(Inspector::listen(address(), {}).status().code(), absl::StatusCode::kAlreadyExists);
  inspector_.reset();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(InspectorTest, an_abstract_name_is_refused_because_everybody_may_connect_to_it) {
  const auto refused = Inspector::listen(UnixAddress::parse("unix:@look").value(), {});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(InspectorTest, who_says_nothing_keeps_nobody_from_asking) {
  std::vector<RawPeer> silent;
  for (std::size_t i = 1; i < Inspector::kMostAtOnce; ++i) silent.push_back(connect());
  EXPECT_THAT(ask("help\n"), HasSubstr("tasks"));
  RawPeer gone = connect();
  gone.send("tas");
  inspector_.reset();  // with all of them connected
}

}  // namespace
}  // namespace rondo
