// SPDX-License-Identifier: MIT
// What this process has open.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace rondo {

// Number and what it refers to ("socket:[4711]"), of every open descriptor.
std::map<int, std::string> open_descriptors();

// The descriptors that an exec'd child would inherit, 0 to 2 excepted.
std::vector<std::string> inheritable_descriptors();

// While it lives, at most so many more descriptors can be opened than there are now: of the kernel,
// or of the test's simulated world.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(int more);
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit();

  // Takes those that are left, until this object goes. An accept that waits in the ring goes by the
  // limit that there was when it began, and for a moment has a number of its own when it looks for
  // somebody: so a test has none left for it by taking them, not by lowering the limit. Not of a
  // simulated world.
  void use_up();

 private:
  unsigned long before_ = 0;
  std::vector<int> taken_;
};

}  // namespace rondo
