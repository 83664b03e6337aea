# SPDX-License-Identifier: MIT
"""tools/dev test: compiles every build, runs everything, and ends with the summary line."""

import json
import os
import subprocess
import sys
import time
import unittest

import ahead
import builds
import command_line
import gtest_program
import install_test
import outcome
import skips
from builds import ROOT
from outcome import FAILED, PASSED, SKIPPED, Outcome

PARTS = ["check", "dev", "install", *builds.BY_NAME]


def main():
    options = parse()
    outcomes = []
    compiling = ahead.Ahead(builds.BY_NAME[part] for part in options.parts
                            if part in builds.BY_NAME)
    for part in options.parts:
        started = time.monotonic()
        added = run_part(part, compiling, options)
        outcomes += added
        said = f"{part:<15} {outcome.summary(added)}"
        print(f"{said}  ({time.monotonic() - started:.0f} s)", flush=True)
    return conclude(outcomes, options)


def parse():
    parser = command_line.Parser("test", "Compiles every build, runs everything, and ends with the "
                                         "summary line. Parts of it by these options:")
    parser.add_argument("--build", metavar="PART,...",
                        help=f"only these parts, of {', '.join(PARTS)}")
    parser.add_argument("--filter", help="only the tests that this GoogleTest filter names")
    parser.add_argument("--repeat", type=int, default=1, metavar="N",
                        help="run each test program N times")
    parser.add_argument("--soak", action="store_true",
                        help="run the tests that are disabled too, with RONDO_SOAK=1")
    parser.add_argument("--timeout", type=float, metavar="SECONDS",
                        help="the watchdog's patience with one test program")
    options = parser.parse_args()
    if options.build:
        options.parts = options.build.split(",")
        for part in options.parts:
            if part not in PARTS:
                parser.error(f"no part '{part}'; there are {', '.join(PARTS)}")
    elif options.filter:
        options.parts = [build.name for build in builds.TESTED]
    else:
        options.parts = PARTS
    return options


def run_part(part, compiling, options):
    if part == "check":
        return [run_check()]
    if part == "dev":
        return run_dev_tests()
    if part == "install":
        return [install_test.run()]
    return run_build(builds.BY_NAME[part], compiling, options)


def run_check():
    done = subprocess.run([sys.executable, "-B", ROOT / "tools/dev.d/check.py"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return Outcome("check", "tree", PASSED if done.returncode == 0 else FAILED, done.stdout)


def run_dev_tests():
    """The tests of tools/dev itself."""
    found = unittest.defaultTestLoader.discover(ROOT / "tests/dev", pattern="*_test.py")
    result = unittest.TestResult()
    result.buffer = True
    found.run(result)
    bad = [Outcome("dev", test.id(), FAILED, text)
           for test, text in result.failures + result.errors]
    for each in bad:
        print(f"  FAILED dev {each.name}", flush=True)
    skipped = [Outcome("dev", test.id(), SKIPPED, text) for test, text in result.skipped]
    good = max(result.testsRun - len(bad) - len(skipped), 0)
    return bad + skipped + [Outcome("dev", "passed", PASSED)] * good


def run_build(build, compiling, options):
    """Runs a compiled build's test programs; a build without tests is one test itself."""
    if not compiling.compiled(build):
        said = ahead.log_of(build).read_text(errors="replace").splitlines()
        return [Outcome(build.name, "compiles", FAILED, "\n".join(said[-60:]))]
    if build in builds.COMPILED_ONLY:
        return [Outcome(build.name, "compiles", PASSED)]
    listed = subprocess.run(["/usr/bin/meson", "introspect", "--tests", str(build.folder)],
                            text=True, check=True, stdout=subprocess.PIPE)
    tests = json.loads(listed.stdout)
    if not tests:
        return [Outcome(build.name, "tests", FAILED, "there is no test program")]
    return [each for test in tests for _ in range(options.repeat)
            for each in run_program(build, test, options)]


def run_program(build, test, options):
    started = time.monotonic()
    environment = {**os.environ, **build.environment, **test["env"]}
    command = list(test["cmd"])
    if options.filter:
        command.append(f"--gtest_filter={options.filter}")
    if options.soak:
        command.append("--gtest_also_run_disabled_tests")
        environment["RONDO_SOAK"] = "1"
    logs = build.folder / "test-logs"
    logs.mkdir(exist_ok=True)
    seconds = options.timeout or test["timeout"] * build.patience
    outcomes = gtest_program.run(build.name, test["name"], command, environment, seconds,
                                 logs / f"{test['name']}.json", logs / f"{test['name']}.log")
    if not outcomes and not options.filter:
        outcomes = [Outcome(build.name, test["name"], FAILED, "ran no test")]
    said = f"  {build.name + ' ' + test['name']:<20} {outcome.summary(outcomes)}"
    print(f"{said}  ({time.monotonic() - started:.1f} s)", flush=True)
    for each in outcomes:
        if each.status == FAILED:
            print(f"  FAILED {each.build} {each.name}", flush=True)
    return outcomes


def conclude(outcomes, options):
    """Prints what failed and the summary; the exit code."""
    tested = [build.name for build in builds.TESTED]
    whole = [part for part in options.parts if part in tested and not options.filter]
    outcomes = skips.judge(outcomes, skips.read(ROOT / "tests/skips.txt"), whole, tested)
    if not outcomes:
        outcomes = [Outcome("filter", options.filter, FAILED, "no test matches the filter")]
    failures = [each for each in outcomes if each.status == FAILED]
    for each in failures:
        print(f"\nFAILED {each.build} {each.name}\n{each.detail.rstrip()}")
    if failures:
        print("\nFailed:")
        for name in sorted({f"  {each.build} {each.name}" for each in failures}):
            print(name)
    print(outcome.summary(outcomes), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("tools/dev test: interrupted")
