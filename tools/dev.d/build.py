# SPDX-License-Identifier: MIT
"""tools/dev build: compiles one or more builds."""

import sys

import builds
import command_line


def main():
    parser = command_line.Parser("build", "Compiles into build/NAME; programs in its tools/.")
    parser.add_argument("build", nargs="*", default=["release"], metavar="NAME",
                        help=f"of {', '.join(builds.BY_NAME)}; default release")
    for name in parser.parse_args().build:
        if name not in builds.BY_NAME:
            parser.error(f"no build '{name}'; there are {', '.join(builds.BY_NAME)}")
        if not builds.BY_NAME[name].compile():
            sys.exit(f"tools/dev build: {name} does not compile")


if __name__ == "__main__":
    main()
