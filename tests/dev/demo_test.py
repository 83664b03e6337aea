# SPDX-License-Identifier: MIT
"""tools/dev demo with small stand-ins for the programs: it tells, survives, and cleans up."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SERVER = """#!/bin/bash
echo $$ >> "$(dirname "$0")/pids"
address=127.0.0.1:4242
case "$*" in *--listen=unix:@*) address=unix:@4711;; esac
case "$*" in *io_uring*) echo "rondo-echo: io_uring: denied by seccomp" >&2; exit 1;; esac
trap 'exit 0' TERM
echo "listening on $address backend=epoll trigger=edge"
while :; do sleep 0.02; done
"""
LOAD = """#!/bin/bash
echo $$ >> "$(dirname "$0")/pids"
echo '{"requests": 1000, "seconds": 1, "requests_per_second": 1000.4, "errors": 0,
       "latency_us": {"p50": 10, "p90": 20, "p99": 30, "p999": 40, "max": 50}}'
"""


def state(pid):
    """A process's state letter; '' when it is gone. Nobody may be there to reap an orphan: Z."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def start(self, server=SERVER, load=LOAD):
        for name, text in [("rondo-echo", server), ("rondo-load", load)]:
            program = Path(self.folder.name, name)
            program.write_text(text)
            program.chmod(0o755)
        return subprocess.Popen(
            [sys.executable, "-B", ROOT / "tools/dev.d/demo.py", "--duration=0.1",
             f"--programs={self.folder.name}"],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            # Ignored by whatever a shell runs in the background, these tests included.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def run_demo(self, **programs):
        process = self.start(**programs)
        said = process.communicate(timeout=60)[0]
        self.assert_all_ended()
        return process.returncode, said.splitlines()

    def assert_all_ended(self):
        deadline = time.monotonic() + 10  # the kernel may take its time on a busy machine
        for pid in Path(self.folder.name, "pids").read_text().split():
            while state(pid) not in ("", "Z"):
                self.assertLess(time.monotonic(), deadline, f"process {pid} is still there")
                time.sleep(0.01)

    def test_table_is_aligned_and_tells_what_cannot_run(self):
        code, lines = self.run_demo()
        self.assertEqual(code, 0, lines)
        self.assertEqual(len(lines), 16)
        self.assertEqual({len(line) for line in lines[1:12] + lines[14:15]}, {len(lines[1])})
        self.assertEqual(lines[2].split()[:9],
                         ["epoll", "edge", "receive", "tcp", "1000", "10", "30", "40", "50"])
        self.assertIn("cannot run here: rondo-echo: io_uring: denied by seccomp", lines[-1])

    def test_load_goes_to_where_the_server_says_it_listens(self):
        load = LOAD.replace("echo '", """echo "$*" | tr ' ' '\\n' | grep target >> \
            "$(dirname "$0")/targets"\necho '""")
        code, lines = self.run_demo(load=load)
        self.assertEqual(code, 0, lines)
        targets = Path(self.folder.name, "targets").read_text().split()
        self.assertEqual(targets, ["--target=127.0.0.1:4242"] * 10 + ["--target=unix:@4711"])

    def test_server_killed_under_load_fails_its_cell_alone(self):
        load = LOAD.replace("echo '", """server=$(head -n 1 "$(dirname "$0")/pids")
            kill -KILL $server 2>/dev/null && sleep 0.2 && exit 1\necho '""")
        code, lines = self.run_demo(load=load)
        self.assertEqual(code, 1)
        self.assertIn("FAILED: rondo-echo: killed by SIGKILL under load", lines[2])
        self.assertIn("1000", lines[3])

    def test_server_that_ignores_sigterm_is_ended(self):
        server = SERVER.replace("trap 'exit 0' TERM", "trap '' TERM; [[ $* == *edge* ]] || exit 1")
        server = server.replace("case", "[[ $* == *span* ]] && exit 1\ncase")
        code, lines = self.run_demo(server=server)
        self.assertEqual(code, 1)
        self.assertIn("still running 5 s after SIGTERM", lines[2])

    def test_errors_of_the_load_fail(self):
        code, lines = self.run_demo(load=LOAD.replace('"errors": 0', '"errors": 7'))
        self.assertEqual(code, 1)
        self.assertIn("FAILED: rondo-load: 7 errors", lines[2])

    def test_interrupt_and_kill_leave_no_process(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number):
                process = self.start(load=LOAD.replace("echo '", "exec sleep 30; echo '"))
                pids = Path(self.folder.name, "pids")
                deadline = time.monotonic() + 10
                while not pids.exists() or len(pids.read_text().split()) < 2:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                os.kill(process.pid, number)
                process.communicate(timeout=20)
                self.assert_all_ended()
                pids.unlink()


if __name__ == "__main__":
    unittest.main()
