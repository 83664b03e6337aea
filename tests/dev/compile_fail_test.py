# SPDX-License-Identifier: MIT
"""The compiler refuses what tests/compile_fail/*.cc show, and says why."""

import subprocess
import unittest
from pathlib import Path

RUN = Path(__file__).resolve().parents[1] / "compile_fail" / "run"


class CompileFailTest(unittest.TestCase):

    def test_every_case_is_refused_by_both_compilers_with_its_message(self):
        done = subprocess.run([RUN], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
