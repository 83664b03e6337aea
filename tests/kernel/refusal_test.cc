// SPDX-License-Identifier: MIT
// A machine that does not let us have io_uring: seccomp answers its system calls with an error.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

struct Refusal {
  const char* name;
  long call;
  int error;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

// From here on this process gets `error` for `call`.
void refuse(const Refusal& refusal) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(refusal.call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(refusal.error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog filter{.len = std::size(program), .filter = program};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    std::perror("seccomp");
    std::_Exit(1);
  }
}

// Runs in a child. What it says on standard error is what the test looks at.
[[noreturn]] void ask_for_io_uring(const Refusal& refusal) {
  refuse(refusal);
  LoopOptions options;
  options.backend = BackendKind::kIoUring;
  auto loop = Loop::create(std::move(options));
  const std::string said(loop.status().message());
  std::fprintf(stderr, "%s: %s\n", loop.ok() ? "opened" : "refused", said.c_str());
  std::_Exit(0);
}

[[noreturn]] void ask_for_whatever_there_is(const Refusal& refusal) {
  refuse(refusal);
  int status = 1;
  {
    auto loop = Loop::create({}).value();
    const BackendChoice& choice = loop->backend_choice();
    std::fprintf(stderr, "%s: %s\n", std::string(name_of(choice.kind)).c_str(),
                 choice.reason.c_str());
    loop->spawn([&]() -> Task<> {
      Loop& here = co_await this_loop();
      auto listener = TcpListener::listen(here, loopback_port()).value();
      const Endpoint address = listener.local_endpoint().value();
      auto both = co_await when_all(TcpStream::connect(address), listener.accept());
      here.spawn(echo, std::move(*std::get<1>(both)));
      TcpStream client = std::move(*std::get<0>(both));
      auto sent = co_await client.send_all("ping");
      const std::string answer = co_await receive_exactly(client, 4);
      if (sent && answer == "ping") status = 0;
    });
    loop->run();
  }
  std::_Exit(status);
}

class RefusalDeathTest : public testing::TestWithParam<Refusal> {};

INSTANTIATE_TEST_SUITE_P(, RefusalDeathTest,
                         testing::Values(Refusal{"setup_EPERM", SYS_io_uring_setup, EPERM},
                                         Refusal{"setup_ENOSYS", SYS_io_uring_setup, ENOSYS},
                                         Refusal{"setup_ENOMEM", SYS_io_uring_setup, ENOMEM},
                                         Refusal{"setup_EINVAL", SYS_io_uring_setup, EINVAL},
                                         Refusal{"register_EPERM", SYS_io_uring_register, EPERM},
                                         Refusal{"register_EINVAL", SYS_io_uring_register, EINVAL},
                                         Refusal{"enter_EPERM", SYS_io_uring_enter, EPERM}),
                         [](const auto& param_info) { return std::string(param_info.param.name); });

TEST_P(RefusalDeathTest, an_explicit_io_uring_is_an_error_that_says_why) {
  const std::string why =
      std::string("refused: .*io_uring.*") + ::strerrorname_np(GetParam().error);
  EXPECT_EXIT(ask_for_io_uring(GetParam()), testing::ExitedWithCode(0), why);
}

TEST_P(RefusalDeathTest, auto_takes_epoll_says_why_and_works) {
  const std::string why = std::string("epoll: .*io_uring.*") + ::strerrorname_np(GetParam().error);
  EXPECT_EXIT(ask_for_whatever_there_is(GetParam()), testing::ExitedWithCode(0), why);
}

}  // namespace
}  // namespace rondo
