// SPDX-License-Identifier: MIT
// rondo-info's findings and its reports; tests/dev has the program itself.
#include <algorithm>
#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/rondo_info/report.h"

namespace rondo::tools {
namespace {

using ::testing::HasSubstr;

// What python3 says of `json` when it runs `program` on it as `d`.
std::string ask_python(const std::string& json, const std::string& program) {
  const std::string path = testing::TempDir() + "rondo_info_test.json";
  std::FILE* file = std::fopen(path.c_str(), "w");
  std::fputs(json.c_str(), file);
  std::fclose(file);
  const std::string command =
      "python3 -c \"import json; d = json.load(open('" + path + "')); " + program + "\"";
  std::FILE* output = ::popen(command.c_str(), "r");
  char line[512] = {};
  const char* got = std::fgets(line, sizeof(line), output);
  EXPECT_EQ(::pclose(output), 0) << json;
  std::remove(path.c_str());
  return got == nullptr ? "" : got;
}

Findings invented() {
  Findings findings;
  findings.kernel = "Linux \"0\"";
  findings.limits = {{"somaxconn", "7", "a \\ meaning"}};
  findings.capabilities.automatic = {BackendKind::kEpoll, "a\tb\n\"c\""};
  findings.capabilities.backends = {{BackendKind::kEpoll, true, "it is"}};
  findings.capabilities.uring = {{"opcode", "RECV", false, "asked"}};
  return findings;
}

TEST(RondoInfo, json_escapes_what_it_quotes) {
  const std::string json = json_report(invented());
  EXPECT_EQ(ask_python(json,
                       "print(d['auto']['reason'] == 'a\\tb\\n' + chr(34) + 'c' + chr(34), "
                       "d['limits']['somaxconn'], d['io_uring'][0]['usable'], "
                       "d['backends'][0]['usable'])"),
            "True 7 False True\n");
}

TEST(RondoInfo, json_of_this_machine_parses_and_names_every_backend) {
  auto found = find_capabilities();
  ASSERT_TRUE(found.ok()) << found.status();
  const std::string json = json_report({kernel(), limits(), *found});
  EXPECT_EQ(ask_python(json,
                       "print(sorted(b['name'] for b in d['backends'] "
                       "if b['name'] in ('epoll', 'io_uring')), 'nofile_soft' in d['limits'])"),
            "['epoll', 'io_uring'] True\n");
}

TEST(RondoInfo, text_has_a_row_for_each_thing) {
  const std::string text = text_report(invented());
  EXPECT_THAT(text, HasSubstr("auto      epoll: a\tb"));
  EXPECT_THAT(text, HasSubstr("epoll     yes  it is\n"));
  EXPECT_THAT(text, HasSubstr("  somaxconn          7           a \\ meaning\n"));
  EXPECT_THAT(text, HasSubstr("io_uring: opcode\n  RECV                        no   asked\n"));
}

TEST(RondoInfo, epoll_is_usable_everywhere_and_what_auto_takes_is_usable) {
  auto found = find_capabilities();
  ASSERT_TRUE(found.ok()) << found.status();
  bool is_usable = false;
  for (const BackendCapability& backend : found->backends) {
    if (backend.kind == BackendKind::kEpoll) {
      EXPECT_TRUE(backend.usable) << backend.reason;
    }
    if (backend.kind == found->automatic.kind) is_usable = backend.usable;
  }
  EXPECT_TRUE(is_usable);
  EXPECT_FALSE(found->automatic.reason.empty());
}

TEST(RondoInfo, what_the_backend_leaves_out_is_told_of_too) {
  auto found = find_capabilities();
  ASSERT_TRUE(found.ok()) << found.status();
  if (found->uring.empty()) return;  // no ring is to be had
  for (const std::string name : {"direct descriptors", "incremental buffers", "NAPI busy poll"}) {
    const auto is_it = [&](const UringCapability& each) { return each.name == name; };
    const auto place = std::find_if(found->uring.begin(), found->uring.end(), is_it);
    ASSERT_NE(place, found->uring.end()) << name;
    EXPECT_EQ(place->group, "left out");
    EXPECT_THAT(place->probe, HasSubstr(place->usable ? ": taken" : ": E"));
  }
}

}  // namespace
}  // namespace rondo::tools
