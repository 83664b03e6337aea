# SPDX-License-Identifier: MIT
"""tools/dev soak: what takes too long for each change."""

import subprocess
import sys
from pathlib import Path

import command_line

TEST = Path(__file__).with_name("test.py")
REPEATS = 20
HOUR = 3600


def main():
    command_line.Parser("soak", (
        f"Runs, in release, the tests with Soak in their name (RONDO_SOAK=1, the disabled ones "
        f"too), and then the whole suite {REPEATS} times. About an hour.")).parse_args()
    failed = 0
    for arguments in ([f"--filter=*Soak*", "--soak", f"--timeout={HOUR}"], [f"--repeat={REPEATS}"]):
        command = [sys.executable, "-B", str(TEST), "--build=release", *arguments]
        failed |= subprocess.run(command).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
