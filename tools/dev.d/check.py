# SPDX-License-Identifier: MIT
"""tools/dev check: the house's taste, executable. Each finding is one line: path:line: message."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "rules"))

import allowances
import command_line
import coroutine_forms
import floors
import formatting
import forms
import headers
import lines
import orphans
from passed import Passed
from tree import Tree

HERE = Path(__file__).resolve().parents[2]


def findings(root):
    """All that is wrong below `root`, in the order of files and lines."""
    tree = Tree(root)
    found = []
    for rule in (floors, coroutine_forms, forms, lines, orphans):
        found += rule.check(tree)
    passed = Passed(root)
    for expensive in (headers, formatting):
        found += expensive.check(tree, passed)
    passed.save()
    kept = allowances.apply(root, found)
    return sorted(set(kept), key=lambda each: (str(each.path), each.line, each.rule))


def main():
    parser = command_line.Parser("check", (
        "Refuses what the house does without: includes that point up, headers that do not compile "
        "alone, coroutine forms that compilers break, unformatted and orphan files."))
    parser.add_argument("--root", type=Path, default=HERE, help="another tree to check")
    found = findings(parser.parse_args().root)
    for each in found:
        print(f"{each.path}:{each.line}: {each.message} [{each.rule}]")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
