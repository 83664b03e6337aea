// SPDX-License-Identifier: MIT
#include "kernel/uring/words.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace rondo {
namespace {

struct Word {
  const char* text;
  void (*apply)(UringOptions&);
};

constexpr Word kWords[] = {
    {"top", [](UringOptions& options) { options.rung = UringRung::kTop; }},
    {"coop", [](UringOptions& options) { options.rung = UringRung::kCoop; }},
    {"plain", [](UringOptions& options) { options.rung = UringRung::kPlain; }},
    {"no-multishot", [](UringOptions& options) { options.multishot = false; }},
    {"no-buffer-ring", [](UringOptions& options) { options.buffer_ring = false; }},
    {"no-ext-arg", [](UringOptions& options) { options.ext_arg = false; }},
    {"restricted", [](UringOptions& options) { options.restricted = true; }},
};

bool apply(std::string_view text, UringOptions& options) {
  for (const Word& word : kWords) {
    if (text != word.text) continue;
    word.apply(options);
    return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<UringOptions> with_words(UringOptions options, std::string_view words) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(','));
    words.remove_prefix(word.size() < words.size() ? word.size() + 1 : word.size());
    if (apply(word, options)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "RONDO_URING: unknown word '", std::string(word), "'; known are ",
        absl::StrJoin(kWords, ", ",
                      [](std::string* out, const Word& known) { out->append(known.text); })));
  }
  return options;
}

}  // namespace rondo
