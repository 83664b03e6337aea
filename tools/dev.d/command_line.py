# SPDX-License-Identifier: MIT
"""Arguments of a subcommand; what is wrong with them is said in one line."""

import argparse


class Parser(argparse.ArgumentParser):
    def __init__(self, command, description):
        super().__init__(prog=f"tools/dev {command}", description=description, allow_abbrev=False)

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; --help tells more\n")
