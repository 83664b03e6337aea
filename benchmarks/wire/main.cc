// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "comparison.h"
#include "failure.h"
#include "interrupt.h"
#include "options.h"
#include "report.h"

namespace rondo::bench {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Opened before the first window: a wrong path should not cost minutes.
File open_json(const std::string& path) {
  if (path.empty()) return nullptr;
  File file(std::fopen(path.c_str(), "w"));
  if (file == nullptr) throw Failure("cannot write " + path + ": " + std::strerror(errno));
  return file;
}

void run(const Options& options) {
  const File json = open_json(options.json);
  Table table(stdout, options.subjects);
  std::vector<Comparison> comparisons;
  table.print_head(options.measure);
  for (const Scenario& scenario : options.scenarios) {
    for (const Subject& subject : options.subjects) {
      comparisons.push_back(compare(scenario, subject, options.measure));
      table.print_row(comparisons.back());
    }
  }
  if (json != nullptr) write_json(json.get(), comparisons);
}

}  // namespace
}  // namespace rondo::bench

int main(int argc, char** argv) {
  try {
    const rondo::bench::Options options = rondo::bench::parse_options(argc, argv);
    rondo::bench::hold_interrupts();
    rondo::bench::run(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "wire-bench: %s\n", failure.what());
    return 1;
  }
  return 0;
}
