# SPDX-License-Identifier: MIT
"""tools/dev awaits: looks through anybody's sources for forms that g++ 12 miscompiles."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "rules"))

import command_line
import coroutine_forms
from tree import Source


def main():
    parser = command_line.Parser("awaits", (
        "Tells where sources of your own have a form of co_await that compiles and then destroys "
        "twice, skips its body or traps, on g++ 12 or a newer compiler, and what to write instead. "
        "Exit code 1 when there is one."))
    parser.add_argument("file", nargs="+", type=Path)
    found = []
    for path in parser.parse_args().file:
        try:
            found += coroutine_forms.check_source(Source(Path(), path))
        except OSError as failure:
            parser.error(f"{path}: {failure.strerror}")
    for each in sorted(set(found), key=lambda each: (str(each.path), each.line)):
        print(f"{each.path}:{each.line}: {each.message}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
