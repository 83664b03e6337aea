// SPDX-License-Identifier: MIT
// Whether the tracepoints are in the binary where the header for them is there: as notes that
// bpftrace, perf and gdb find, and `readelf -n` shows.
#include <dlfcn.h>

#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "rondo/base/assert.h"

namespace rondo {
namespace {

#if __has_include(<sys/sdt.h>)
constexpr bool kHasProbes = true;
#else
constexpr bool kHasProbes = false;
#endif

// The file that the library is in: this program, unless it is linked dynamically.
std::string library_file() {
  Dl_info found;
  EXPECT_NE(::dladdr(reinterpret_cast<const void*>(&panic), &found), 0);
  std::ifstream file(found.dli_fname, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(Probes, are_in_the_binary_exactly_where_the_header_for_them_was_there) {
  const std::string binary = library_file();
  ASSERT_GT(binary.size(), 10'000u);
  for (const std::string name : {"submit", "complete", "resume", "close"}) {
    // As in a note: provider and name, each with its zero. Put together here, so that it is not in
    // this file's own data.
    const std::string note = std::string("rondo") + '\0' + name + '\0';
    EXPECT_EQ(binary.find(note) != binary.npos, kHasProbes) << name;
  }
}

}  // namespace
}  // namespace rondo
