# SPDX-License-Identifier: MIT
"""tools/dev bench: compiles rondo-bench and what it measures, and runs it."""

import os
import subprocess
import sys

import builds

RELEASE = builds.BY_NAME["release"]
PROGRAM = RELEASE.folder / "tools" / "rondo-bench"
TARGETS = ["tools/rondo-bench", "tools/rondo-echo", "bench-programs"]
FOLDER = builds.BUILD_ROOT / "bench"
# What says most in less than two minutes.
SUBSET = ["run", "echo", "wake-cost", "trigger", "tick-burst", "memory", "--quick", "--rounds=3",
          "--window=100ms", "--latency_rounds=1", "--time=110s"]
USAGE = f"""usage: tools/dev bench [--peers] [ARGUMENT...]
Runs build/release/tools/rondo-bench with these arguments; without any, a subset of it that takes
less than two minutes. Results go to {FOLDER.relative_to(builds.ROOT)}/ unless --out says otherwise.
  --peers  first installs the Debian packages that the peers need: with Go and Java some 600 MB
"""


def install_peers():
    subprocess.run(["bash", str(builds.ROOT / "tools/dev.d/setup.sh"), "--peers"], check=True)
    # What was not there when the build was configured is looked for again.
    if (RELEASE.folder / "build.ninja").exists():
        subprocess.run(["/usr/bin/meson", "setup", "--reconfigure", str(RELEASE.folder)],
                       check=True, stdout=subprocess.DEVNULL)


def main():
    arguments = [each for each in sys.argv[1:] if each != "--peers"]
    if arguments in (["--help"], ["-h"]):
        print(USAGE, end="")
        return
    if "--peers" in sys.argv:
        install_peers()
    RELEASE.compile_for("bench", TARGETS)
    arguments = arguments or SUBSET
    if arguments[0] in ("run", "all") and not any(each.startswith("--out") for each in arguments):
        arguments.append(f"--out={FOLDER}")
    os.execv(PROGRAM, [str(PROGRAM), *arguments])


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"tools/dev bench: {error.cmd[0]} failed")
