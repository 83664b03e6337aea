# SPDX-License-Identifier: MIT
"""tools/dev bench: compiles and runs the wire benchmark; every argument is passed on to it."""

import os
import sys

import builds

PROGRAM = builds.BUILD_ROOT / "release" / "benchmarks" / "wire" / "wire-bench"


def main():
    if not builds.BY_NAME["release"].compile(sys.stderr):
        sys.exit("tools/dev bench: release does not compile")
    os.execv(PROGRAM, [str(PROGRAM), *sys.argv[1:]])


if __name__ == "__main__":
    main()
