# SPDX-License-Identifier: MIT
"""What every source file has: its licence in one line, and lines that fit a screen."""

from tree import Finding

COLUMNS = 100
LICENCE = "SPDX-License-Identifier: MIT"
FIRST_LINES = 3


def check(tree):
    for source in tree.sources:
        lines = source.text.splitlines()
        if not any(LICENCE in line for line in lines[:FIRST_LINES]):
            yield Finding(source.path, 1, f"no '{LICENCE}' line at its top", "licence")
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS:
                yield Finding(source.path, number, f"{len(line)} columns, more than {COLUMNS}",
                              "columns")
