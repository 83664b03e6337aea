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

 private:
  unsigned long before_ = 0;
};

}  // namespace rondo
