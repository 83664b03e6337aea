# SPDX-License-Identifier: MIT
"""tools/dev format: rewrites the sources with clang-format."""

import argparse
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "rules"))

from formatting import FORMATTER
from tree import Tree

ROOT = Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(prog="tools/dev format",
                                     description="Rewrites all .h, .cc and .c, or those named.")
    parser.add_argument("file", nargs="*", type=Path)
    files = parser.parse_args().file or [ROOT / source.path for source in Tree(ROOT).code]
    if files:
        sys.exit(subprocess.run([FORMATTER, "-i", *files]).returncode)


if __name__ == "__main__":
    main()
