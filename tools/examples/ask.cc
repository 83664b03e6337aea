// SPDX-License-Identifier: MIT
// A client with deadlines: connects, asks once, prints the answer.
#include <chrono>
#include <cstdio>
#include <string>

#include <rondo/rondo.h>

using namespace std::chrono_literals;

rondo::Task<rondo::Result<std::string>> exchange(rondo::TcpStream& stream) {
  auto sent = co_await stream.send_all("hello\n");
  if (!sent) co_return sent.error();
  auto answer = co_await stream.receive();
  if (!answer) co_return answer.error();
  co_return std::string(answer->text());
}

rondo::Task<rondo::Result<std::string>> ask(rondo::Endpoint server) {
  auto stream = co_await with_timeout(5s, rondo::TcpStream::connect(server));
  if (!stream) co_return stream.error();
  co_return co_await with_timeout(1s, exchange(*stream));
}

rondo::Task<> print_answer(rondo::Endpoint server) {
  auto answer = co_await ask(server);
  if (answer) {
    std::printf("%s", answer->c_str());
  } else {
    std::printf("%s: %s\n", server.to_string().c_str(), answer.error().message().c_str());
  }
}

int main(int argc, char** argv) {
  auto server = rondo::Endpoint::parse(argc > 1 ? argv[1] : "127.0.0.1:7000");
  auto loop = rondo::Loop::create();
  if (!server.ok() || !loop.ok()) {
    const absl::Status& why = server.ok() ? loop.status() : server.status();
    std::fprintf(stderr, "%s\n", std::string(why.message()).c_str());
    return 1;
  }
  (*loop)->spawn(print_answer, *server);
  (*loop)->run();
}
