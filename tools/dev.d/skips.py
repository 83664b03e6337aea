# SPDX-License-Identifier: MIT
"""The list of tests that may skip: tests/skips.txt.

One per line: [build:]Suite.test/param  # reason. The name may hold * and ?; without a build it
stands for every build. A skip that is not listed fails, and so does a line that no longer skips.
"""

import re

from outcome import FAILED, SKIPPED, Outcome


class Line:
    def __init__(self, where, text):
        name, _, reason = text.partition("#")
        build, colon, pattern = name.strip().rpartition(":")
        self.where = where
        self.build = build if colon else None
        self.pattern = pattern
        self.reason = reason.strip()
        self.used = False
        pieces = {"*": ".*", "?": "."}
        regex = "".join(pieces.get(letter, re.escape(letter)) for letter in pattern)
        self.regex = re.compile(regex)

    def covers(self, outcome):
        return self.build in (None, outcome.build) and bool(self.regex.fullmatch(outcome.name))


def read(path):
    if not path.exists():
        return []
    return [Line(f"{path.parent.name}/{path.name}:{number}", text)
            for number, text in enumerate(path.read_text().splitlines(), 1)
            if text.strip() and not text.startswith("#")]


def judge(outcomes, lines, whole_builds, all_builds):
    """The outcomes with each unlisted skip made a failure, and one failure per wrong line.

    Whether a line still skips is known only of builds that ran all their tests: `whole_builds`.
    """
    judged = []
    for outcome in outcomes:
        if outcome.status == SKIPPED:
            covering = [line for line in lines if line.covers(outcome)]
            for line in covering:
                line.used = True
            if not covering:
                why = f"skipped, and not listed in tests/skips.txt\n{outcome.detail}"
                outcome = outcome._replace(status=FAILED, detail=why)
        judged.append(outcome)
    for line in lines:
        if not line.reason:
            judged.append(Outcome("skips", line.pattern, FAILED, f"{line.where}: no reason given"))
        needed = {line.build} if line.build else set(all_builds)
        if line.build and line.build not in all_builds:
            judged.append(Outcome("skips", line.pattern, FAILED,
                                  f"{line.where}: no build '{line.build}'"))
        elif not line.used and needed <= set(whole_builds):
            judged.append(Outcome("skips", line.pattern, FAILED,
                                  f"{line.where}: listed, but no such test skipped"))
    return judged
