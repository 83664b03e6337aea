# SPDX-License-Identifier: MIT
"""A test program that crashes, hangs, says nothing or is missing counts as failed."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools/dev.d"))

import gtest_program
import outcome
import skips
from outcome import FAILED, PASSED, SKIPPED, Outcome

REPORT = """
report=${1#--gtest_output=json:}
cat > "$report" <<'TXT'
{"testsuites": [{"name": "Suite", "testsuite": [
  {"name": "good", "status": "RUN", "result": "COMPLETED"},
  {"name": "skips", "status": "RUN", "result": "SKIPPED"},
  {"name": "DISABLED_off", "status": "NOTRUN", "result": "SUPPRESSED"},
  {"name": "bad", "status": "RUN", "result": "COMPLETED", "failures": [{"failure": "why"}]}]}]}
TXT
"""


def run(script, seconds=20):
    """{test: status} of a program that is this shell script."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program")
        program.write_text(f"#!/bin/bash\n{script}\n")
        program.chmod(0o755)
        found = gtest_program.run("b", "program", [str(program)], dict(os.environ), seconds,
                                  Path(folder, "report"), Path(folder, "log"))
    return {each.name: each.status for each in found}


class Programs(unittest.TestCase):
    def test_report_is_read(self):
        self.assertEqual(run(REPORT + "exit 1"), {"Suite.good": PASSED, "Suite.skips": SKIPPED,
                                                  "Suite.bad": FAILED})

    def test_crash_in_a_test_is_that_tests_failure(self):
        self.assertEqual(run("""
            echo '[ RUN      ] Suite.good'; echo '[       OK ] Suite.good (0 ms)'
            echo '[ RUN      ] Suite.crashes'; kill -SEGV $$"""),
                         {"Suite.good": PASSED, "Suite.crashes": FAILED})

    def test_bad_exit_after_a_good_report(self):
        good = REPORT.replace(', "failures": [{"failure": "why"}]', "")
        self.assertEqual(run(good + "exit 23")["program"], FAILED)

    def test_leak_is_seen_beside_a_failed_test(self):
        found = run(REPORT + "exit 66")
        self.assertEqual((found["Suite.bad"], found["program"]), (FAILED, FAILED))

    def test_race_fails_the_test_that_it_was_seen_in(self):
        found = run(REPORT + """
            echo '[ RUN      ] Suite.good'; echo 'WARNING: ThreadSanitizer: data race'
            echo '[       OK ] Suite.good (0 ms)'; exit 66""")
        self.assertEqual(found["Suite.good"], FAILED)

    def test_no_report(self):
        self.assertEqual(run("exit 0"), {"program": FAILED})

    def test_hang_ends_by_the_watchdog_with_all_it_started(self):
        self.assertEqual(run("echo '[ RUN      ] Suite.hangs'; sleep 1000 & wait", seconds=0.3),
                         {"Suite.hangs": FAILED})

    def test_missing_program(self):
        with tempfile.TemporaryDirectory() as folder:
            found = gtest_program.run("b", "gone", ["/no/such/program"], {}, 1,
                                      Path(folder, "report"), Path(folder, "log"))
        self.assertEqual([each.status for each in found], [FAILED])


class Skips(unittest.TestCase):
    def judge(self, text, *skipped, whole=("asan", "tsan")):
        """What the list makes of these skipped (build, name)s."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "skips.txt")
            path.write_text(text)
            outcomes = [Outcome(build, name, SKIPPED) for build, name in skipped]
            judged = skips.judge(outcomes, skips.read(path), whole, ["asan", "tsan"])
        return [each.status for each in judged]

    def test_listed_skip(self):
        self.assertEqual(self.judge("S.a/*  # why\n", ("asan", "S.a/uring")), [SKIPPED])

    def test_unlisted_skip_fails(self):
        self.assertEqual(self.judge("", ("asan", "S.a")), [FAILED])

    def test_listed_for_another_build_fails(self):
        self.assertEqual(self.judge("tsan:S.a  # why\n", ("asan", "S.a")), [FAILED, FAILED])

    def test_line_that_no_longer_skips_fails(self):
        self.assertEqual(self.judge("S.a  # why\n"), [FAILED])

    def test_line_is_not_judged_by_a_part_of_the_run(self):
        self.assertEqual(self.judge("S.a  # why\n", whole=["asan"]), [])
        self.assertEqual(self.judge("asan:S.a  # why\n", whole=["asan"]), [FAILED])

    def test_line_without_reason_or_with_an_unknown_build_fails(self):
        self.assertEqual(self.judge("S.a\n", ("asan", "S.a")), [SKIPPED, FAILED])
        self.assertEqual(self.judge("nope:S.a  # why\n"), [FAILED])


class Summary(unittest.TestCase):
    def test_is_the_line_that_ci_reads(self):
        outcomes = [Outcome("b", "n", status) for status in (PASSED, PASSED, FAILED)]
        self.assertEqual(outcome.summary(outcomes), "2 passed, 1 failed, 0 skipped")


if __name__ == "__main__":
    unittest.main()
