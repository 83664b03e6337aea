// SPDX-License-Identifier: MIT
#include "ready_line.h"

#include <string_view>

#include <absl/strings/str_cat.h>

namespace rondo::tools {
namespace {

void add(std::string& line, absl::string_view name, std::string_view value) {
  absl::StrAppend(&line, " ", name, "=", absl::string_view(value.data(), value.size()));
}

}  // namespace

std::string ready_line(const Address& address, const EchoOptions& options, const Runtime& runtime) {
  const RuntimeOptions& asked = options.runtime;
  const BackendKind backend = runtime.loop(0).backend_choice().kind;
  std::string line = absl::StrCat("listening on ", address.to_string());
  add(line, "backend", name_of(backend));
  add(line, "trigger", backend == BackendKind::kEpoll ? name_of(asked.loop.trigger) : "none");
  add(line, "read", options.read == ReadMode::kReceive ? "receive" : "span");
  add(line, "topology", name_of(asked.topology));
  if (asked.topology == Topology::kPool) {
    add(line, "workers", std::to_string(runtime.pool().threads()));
  }
  if (asked.topology == Topology::kMasterSub) {
    add(line, "accept", name_of(asked.accept));
    if (asked.accept == AcceptMode::kHandOver) {
      add(line, "masters", std::to_string(runtime.masters()));
      add(line, "chooser", options.chooser);
    }
    add(line, "workers", std::to_string(runtime.loops()));
  }
  if (asked.pin) add(line, "pin", "yes");
  if (asked.max_connections != 0) {
    add(line, "max-connections", std::to_string(asked.max_connections));
  }
  if (asked.max_per_address != 0) {
    add(line, "max-per-address", std::to_string(asked.max_per_address));
  }
  return line;
}

}  // namespace rondo::tools
