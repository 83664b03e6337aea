// SPDX-License-Identifier: MIT
// Who takes part in a cell.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "settings.h"

namespace rondo::bench {

// rondo in every way of waiting, the raw servers, and those of --server.
std::vector<Subject> ours_and_floors(const Settings& settings);

// Those, the peers, and the servers of the user's own.
std::vector<Subject> everybody(const Settings& settings);

// Any that there is, by its name. Throws Failure.
Subject subject_named(std::string_view name, const Settings& settings);
std::vector<Subject> named(std::initializer_list<std::string_view> names, const Settings& settings);

// Those of them that the user asked for: all, if he named none. The user's own always take part.
std::vector<Subject> chosen(std::vector<Subject> subjects, const Settings& settings);

// Throws Failure when the user asked for one that is not there.
void check_choice(const Settings& settings);

}  // namespace rondo::bench
