# SPDX-License-Identifier: MIT
"""What became of one test, and of all of them."""

from collections import Counter, namedtuple

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

# build: where it ran ('tsan'), name: as in gtest ('Suite.test/param'), detail: why, for a reader.
Outcome = namedtuple("Outcome", "build name status detail", defaults=[""])


def summary(outcomes):
    """The line that CI reads; it stands alone and last."""
    counts = Counter(outcome.status for outcome in outcomes)
    return f"{counts[PASSED]} passed, {counts[FAILED]} failed, {counts[SKIPPED]} skipped"
