// SPDX-License-Identifier: MIT
#include "rondo/kernel/capabilities.h"

#include <utility>

#include "kernel/choose.h"
#include "kernel/uring/features.h"

namespace rondo {
namespace {

BackendCapability try_backend(BackendKind kind, const UringOptions& uring) {
  auto chosen = choose_backend(kind, Trigger::kDefault, uring);
  if (!chosen.ok()) return {kind, false, std::string(chosen.status().message())};
  return {kind, true, std::move(chosen->choice.reason)};
}

}  // namespace

absl::StatusOr<Capabilities> find_capabilities(const UringOptions& uring) {
  auto automatic = choose_backend(BackendKind::kAuto, Trigger::kDefault, uring);
  if (!automatic.ok()) return automatic.status();
  Capabilities found;
  found.automatic = std::move(automatic->choice);
  for (const BackendKind kind : kBackendKinds) found.backends.push_back(try_backend(kind, uring));
  found.uring = find_uring_features();
  return found;
}

}  // namespace rondo
