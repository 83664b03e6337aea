// SPDX-License-Identifier: MIT
#pragma once

#include "result.h"

namespace rondo::bench {

// What a reader must know of the machine and of the build to repeat the numbers: kernel, processor,
// mitigations, governor, memory, limits, compiler and flags, versions of the libraries, commit.
Facts environment();

// Whether results of both may stand in one report: all but the time of day is the same.
bool same_place(const Facts& one, const Facts& other);

// The value of a fact; empty when there is none of that name.
std::string fact(const Facts& facts, std::string_view name);

}  // namespace rondo::bench
