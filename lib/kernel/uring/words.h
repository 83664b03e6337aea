// SPDX-License-Identifier: MIT
// The words of the environment variable RONDO_URING.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "rondo/kernel/uring_options.h"

namespace rondo {

// `options` with what the comma-separated words ask for. The error names the unknown word and those
// that are known. No words, no change.
absl::StatusOr<UringOptions> with_words(UringOptions options, std::string_view words);

}  // namespace rondo
