// SPDX-License-Identifier: MIT
// rondo-info: what this machine offers to a loop.
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <absl/flags/flag.h>

#include "flags.h"
#include "machine.h"
#include "report.h"

ABSL_FLAG(bool, json, false, "print one JSON object in one line");

namespace rondo::tools {
namespace {

constexpr std::string_view kUsage =
    "rondo-info: what this machine offers to a loop.\n"
    "\n"
    "  rondo-info\n"
    "  rondo-info --json\n"
    "\n"
    "Prints the kernel, what `auto` chooses and why, each backend and why not, the limits that a\n"
    "server minds, and each part of io_uring with how it was probed. RONDO_URING counts as it\n"
    "does for a server.\n"
    "Exit code: 0, or 1 when there is no queue at all, or 2 for a wrong command line.";

int run(int argc, char** argv) {
  parse_flags(argc, argv, kUsage);
  auto capabilities = find_capabilities();
  if (!capabilities.ok()) return failure(capabilities.status());
  const Findings findings = {kernel(), limits(), *std::move(capabilities)};
  const std::string report =
      absl::GetFlag(FLAGS_json) ? json_report(findings) : text_report(findings);
  if (std::fputs(report.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    return failure("standard output cannot be written");
  }
  return 0;
}

}  // namespace
}  // namespace rondo::tools

int main(int argc, char** argv) { return rondo::tools::run(argc, argv); }
