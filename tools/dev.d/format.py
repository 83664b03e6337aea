# SPDX-License-Identifier: MIT
"""tools/dev format: rewrites the sources with clang-format."""

import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "rules"))

import command_line
from formatting import FORMATTER
from tree import Tree

ROOT = Path(__file__).resolve().parents[2]


def main():
    parser = command_line.Parser("format", "Rewrites the sources as clang-format 14 has them.")
    parser.add_argument("file", nargs="*", type=Path, help="default: every .h, .cc and .c")
    files = parser.parse_args().file or [ROOT / source.path for source in Tree(ROOT).code]
    if files:
        sys.exit(subprocess.run([FORMATTER, "-i", *files]).returncode)


if __name__ == "__main__":
    main()
