// SPDX-License-Identifier: MIT
// The echo servers of ours on other people's libraries, in benchmarks/peers/.
#pragma once

#include <vector>

#include "subject.h"

namespace rondo::bench {

// All of them; `missing` of one that was not built names the Debian packages that bring what it
// needs.
std::vector<Subject> peer_subjects(const Programs& programs);

}  // namespace rondo::bench
