# SPDX-License-Identifier: MIT
"""tools/dev awaits: finds the forms in files of anybody's, wherever they are."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Awaits(unittest.TestCase):
    def awaits(self, *files):
        return subprocess.run([sys.executable, "-B", ROOT / "tools/dev.d/awaits.py", *files],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_each_finding_is_a_line_with_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            bad, good = Path(folder, "ticker.cpp"), Path(folder, "reader.cpp")
            bad.write_text("Task<> tick() {\n  while (co_await sleep(1s)) work();\n}\n")
            good.write_text("Task<> read() {\n  while (auto c = co_await receive()) work(c);\n}\n")
            done = self.awaits(bad, good)
            self.assertEqual(
                done.stdout, f"{bad}:2: while (co_await ...): await into a local first\n")
            self.assertEqual(done.returncode, 1)
            self.assertEqual(self.awaits(good).returncode, 0)

    def test_file_that_cannot_be_read(self):
        done = self.awaits("/nowhere.cc")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere.cc: No such file or directory", done.stderr)

    def test_without_a_file(self):
        self.assertEqual(self.awaits().returncode, 2)


if __name__ == "__main__":
    unittest.main()
