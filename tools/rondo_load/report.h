// SPDX-License-Identifier: MIT
// What a run measured, for people and for programs.
#pragma once

#include <string>

#include "load.h"
#include "options.h"
#include "rondo/kernel/backend.h"

namespace rondo::tools {

// Several lines, aligned.
std::string text_report(const LoadOptions& options, const BackendChoice& backend,
                        const LoadResult& result);

// One JSON object on one line. "requests" are those that started in the measured "seconds" and were
// answered; "answers" are all, warm-up included. "late_us" says by how much the load itself was
// behind its schedule.
std::string json_report(const LoadOptions& options, const BackendChoice& backend,
                        const LoadResult& result);

}  // namespace rondo::tools
