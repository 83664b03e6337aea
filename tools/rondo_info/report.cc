// SPDX-License-Identifier: MIT
#include "report.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "json_text.h"

namespace rondo::tools {
namespace {

std::string name_text(BackendKind kind) { return std::string(name_of(kind)); }

const char* word_of(bool usable) { return usable ? "yes" : "no"; }

const char* truth(bool value) { return value ? "true" : "false"; }

std::string json_of(const BackendCapability& backend) {
  return absl::StrCat(R"({"name":)", json_string(name_text(backend.kind)), R"(,"usable":)",
                      truth(backend.usable), R"(,"reason":)", json_string(backend.reason), "}");
}

std::string json_of(const UringCapability& feature) {
  return absl::StrCat(R"({"group":)", json_string(feature.group), R"(,"name":)",
                      json_string(feature.name), R"(,"usable":)", truth(feature.usable),
                      R"(,"probe":)", json_string(feature.probe), "}");
}

template <class Items>
std::string json_list(const Items& items) {
  const auto append = [](std::string* out, const auto& item) { out->append(json_of(item)); };
  return absl::StrCat("[", absl::StrJoin(items, ",", append), "]");
}

}  // namespace

std::string text_report(const Findings& findings) {
  const Capabilities& found = findings.capabilities;
  std::string text = absl::StrFormat("kernel    %s\nauto      %s: %s\n", findings.kernel,
                                     name_text(found.automatic.kind), found.automatic.reason);
  for (const BackendCapability& backend : found.backends) {
    absl::StrAppendFormat(&text, "%-9s %-3s  %s\n", name_text(backend.kind),
                          word_of(backend.usable), backend.reason);
  }
  absl::StrAppend(&text, "\nlimits\n");
  for (const Limit& limit : findings.limits) {
    absl::StrAppendFormat(&text, "  %-18s %-11s %s\n", limit.name, limit.value, limit.meaning);
  }
  std::string group;
  for (const UringCapability& feature : found.uring) {
    if (feature.group != group) absl::StrAppend(&text, "\nio_uring: ", feature.group, "\n");
    group = feature.group;
    absl::StrAppendFormat(&text, "  %-27s %-3s  %s\n", feature.name, word_of(feature.usable),
                          feature.probe);
  }
  return text;
}

std::string json_report(const Findings& findings) {
  const Capabilities& found = findings.capabilities;
  const auto append_limit = [](std::string* out, const Limit& limit) {
    absl::StrAppend(out, json_string(limit.name), ":", json_string(limit.value));
  };
  return absl::StrCat(R"({"kernel":)", json_string(findings.kernel), R"(,"auto":{"backend":)",
                      json_string(name_text(found.automatic.kind)), R"(,"reason":)",
                      json_string(found.automatic.reason), R"(},"backends":)",
                      json_list(found.backends), R"(,"io_uring":)", json_list(found.uring),
                      R"(,"limits":{)", absl::StrJoin(findings.limits, ",", append_limit), "}}\n");
}

}  // namespace rondo::tools
