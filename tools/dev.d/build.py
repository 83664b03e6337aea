# SPDX-License-Identifier: MIT
"""tools/dev build: compiles one or more builds."""

import sys

import builds
import command_line


def main():
    parser = command_line.Parser("build", "Compiles the library and the programs into "
                                 "build/release/, or whole builds with their tests.")
    parser.add_argument("build", nargs="*", metavar="NAME",
                        help=f"a whole build, of {', '.join(builds.BY_NAME)}")
    names = parser.parse_args().build
    if not names and not builds.BY_NAME["release"].compile(targets=["programs"]):
        sys.exit("tools/dev build: the programs do not compile")
    for name in names:
        if name not in builds.BY_NAME:
            parser.error(f"no build '{name}'; there are {', '.join(builds.BY_NAME)}")
        if not builds.BY_NAME[name].compile():
            sys.exit(f"tools/dev build: {name} does not compile")


if __name__ == "__main__":
    main()
