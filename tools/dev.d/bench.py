# SPDX-License-Identifier: MIT
"""tools/dev bench: compiles and runs the wire benchmark; every argument is passed on to it."""

import os
import sys

import builds

PROGRAM = builds.BUILD_ROOT / "release" / "benchmarks" / "wire" / "wire-bench"


def main():
    builds.BY_NAME["release"].compile_for("bench")
    os.execv(PROGRAM, [str(PROGRAM), *sys.argv[1:]])


if __name__ == "__main__":
    main()
