# SPDX-License-Identifier: MIT
"""rondo-bench and its load as programs: what they measure, refuse, keep and go on with."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools/dev.d"))

import builds

RELEASE = builds.BY_NAME["release"]
PROGRAM = RELEASE.folder / "tools/rondo-bench"
RAW = RELEASE.folder / "benchmarks/raw"
SHORT = ["--rounds=2", "--window=30ms", "--latency_rounds=1"]
ONE_CELL = ["--cell=64 x 64 B", "--subject=raw-edge", *SHORT]


def setUpModule():
    builds.BUILD_ROOT.mkdir(exist_ok=True)
    with open(builds.BUILD_ROOT / "release.log", "w") as log:
        targets = ["tools/rondo-bench", "tools/rondo-echo", "bench-programs"]
        if not RELEASE.compile(log, targets):
            raise AssertionError(f"release does not compile: {log.name} tells why")


def no_larger_files():
    """As a full disk: what is written beyond 4 KiB fails, instead of ending the process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def go_before_others():
    """So that what else runs here does not make answers late; where that is allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        pass


class RondoBench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name, "results")

    def run_bench(self, *arguments, **options):
        # Without git, whoever commits meanwhile does not make it another build.
        done = subprocess.run([PROGRAM, *arguments], text=True, timeout=120,
                              env={**os.environ, "GIT_DIR": "/nowhere"},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        return done.returncode, done.stdout, done.stderr

    def measure(self, *arguments, **options):
        return self.run_bench(*arguments, f"--out={self.folder}", **options)

    def refusal(self, *arguments, **options):
        """The one line that it refuses these arguments with."""
        code, _, complaint = self.measure(*arguments, **options)
        self.assertNotEqual(code, 0)
        self.assertEqual(complaint.count("\n"), 1, complaint)
        self.assertTrue(complaint.startswith("rondo-bench: "), complaint)
        return complaint

    def rows(self, cell=0):
        results = json.loads((self.folder / "results.json").read_text())
        return {row["subject"]: row for row in results["scenarios"][0]["cells"][cell]["rows"]}

    def test_measures_a_cell_and_writes_its_reports(self):
        code, said, complaint = self.measure("run", "echo", *ONE_CELL)
        self.assertEqual((code, complaint), (0, ""))
        self.assertIn("raw-edge", said)
        row = self.rows()["raw-edge"]
        self.assertEqual(len(row["samples"]["ratio"]), 2)
        self.assertGreater(row["measures"]["rate"]["median"], 0)
        self.assertLessEqual(row["measures"]["open_p50_us"]["median"],
                             row["measures"]["open_max_us"]["median"])
        page = (self.folder / "report.html").read_text()
        self.assertIn("<svg", page)
        for outside in ("http:", "https:", "src=", "<link", "<script", "@import"):
            self.assertNotIn(outside, page)
        table = (self.folder / "results.csv").read_text().splitlines()
        self.assertTrue(any(line.startswith("echo,64 x 64 B,raw-edge,floor,ratio,,")
                            for line in table), table)

    def test_starts_each_server_anew_as_often_as_it_is_told(self):
        starts = Path(self.folder.parent, "starts")
        program = Path(self.folder.parent, "server.sh")
        program.write_text(f"echo start >> {starts}\nexec {RAW}/epoll_level $1\n")
        server = f"--server=counted: /bin/sh {program} PORT"
        code, _, complaint = self.measure("run", "echo", server, *ONE_CELL, "--starts=2")
        self.assertEqual((code, complaint), (0, ""))
        self.assertEqual(starts.read_text(), "start\n" * 2)
        self.assertEqual(len(self.rows()["counted"]["samples"]["ratio"]), 2)

    def test_a_cell_without_any_of_the_chosen_subjects_is_left_out(self):
        code, said, _ = self.measure("run", "accept", "--subject=raw-level", *SHORT)
        self.assertEqual(code, 0)
        self.assertIn("1 cell, ", said)
        self.assertNotIn("four loops", said)

    def test_names_that_there_are_not_are_refused(self):
        self.assertIn("no scenario 'ecko'; there are echo, ", self.refusal("run", "ecko"))
        self.assertIn("no subject 'libnone'", self.refusal("run", "echo", "--subject=libnone"))
        self.assertIn("no cell", self.refusal("run", "echo", "--cell=7 x 7 B"))
        self.assertFalse(self.folder.exists())
        self.assertIn("no command 'measure'", self.refusal("measure"))
        self.assertIn("expected 'name: command PORT'", self.refusal("run", "echo", "--server=x"))

    def test_a_port_that_is_taken_is_told_and_the_others_are_measured(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server = f"--server=late: {RAW}/epoll_level {taken.getsockname()[1]}"
            complaint = self.refusal("run", "echo", server, *ONE_CELL)
        self.assertIn("late: epoll_level died: exit status 2 (cannot listen: Address already in",
                      complaint)
        self.assertTrue(self.rows()["late"]["failed"])
        self.assertIn("ratio", self.rows()["raw-edge"]["measures"])

    def server(self, name, after_accepting):
        """For --server: a program that accepts 64 connections, `held`, and does that."""
        program = Path(self.folder.parent, f"{name}.py")
        program.write_text(
            "import socket, sys\n"
            "listener = socket.create_server(('127.0.0.1', 0), backlog=100)\n"
            "print('listening on 127.0.0.1:%d' % listener.getsockname()[1], flush=True)\n"
            "held = [listener.accept()[0] for _ in range(64)]\n" + after_accepting)
        return f"--server={name}: {sys.executable} {program}"

    def test_a_subject_that_dies_is_told_and_the_others_are_measured(self):
        mortal = self.server("mortal", "for _ in range(10):\n"
                                       "    for each in held: each.send(each.recv(64))\n"
                                       "sys.exit('out of breath')\n")
        complaint = self.refusal("run", "echo", mortal, *ONE_CELL)
        self.assertRegex(complaint, r"mortal: python\S* died: exit status 1 \(out of breath\)")
        self.assertIn("ratio", self.rows()["raw-edge"]["measures"])

    def test_a_server_that_answers_wrongly_is_told(self):
        liar = self.server("liar", "for each in held: each.recv(64); each.send(b'?' * 64)\n"
                                   "sys.stdin.read()\n")
        complaint = self.refusal("run", "echo", liar, *ONE_CELL)
        self.assertIn("liar: load died: exit status 1 (load: other bytes came back", complaint)

    def test_a_full_disk_is_told_and_what_is_there_stays_whole(self):
        self.assertEqual(self.measure("run", "echo", *ONE_CELL)[0], 0)
        before = self.rows()
        complaint = self.refusal("run", "echo", *ONE_CELL, preexec_fn=no_larger_files)
        self.assertIn("cannot write", complaint)
        self.assertEqual(self.rows(), before)
        self.assertEqual(list(self.folder.glob("*.new")), [])

    def test_all_goes_on_where_it_was(self):
        self.assertEqual(self.measure("run", "echo", *ONE_CELL)[0], 0)
        before = self.rows()
        code, said, _ = self.measure("all", *ONE_CELL)
        self.assertEqual(code, 0)
        self.assertIn("going on: 1 cell is measured already", said)
        self.assertIn("trigger: 64 x 64 B", said)
        self.assertNotIn("echo: 64 x 64 B", said)
        self.assertEqual(self.rows(), before)

    def test_results_of_other_settings_are_put_aside(self):
        self.assertEqual(self.measure("run", "echo", *ONE_CELL)[0], 0)
        code, said, _ = self.measure("run", "echo", *ONE_CELL, "--window=40ms")
        self.assertEqual(code, 0)
        self.assertIn("results.1.json", said)
        for name in ("results.json", "results.1.json"):
            self.assertIn("scenarios", json.loads((self.folder / name).read_text()))

    def test_begins_nothing_that_would_outlast_its_time(self):
        code, said, _ = self.measure("run", "echo", *ONE_CELL, "--time=10ms")
        self.assertEqual(code, 0)
        self.assertIn("the time is over: 1 cell was left out", said)

    def test_an_interrupt_ends_it_and_its_servers(self):
        process = subprocess.Popen(
            [PROGRAM, "run", "echo", "--cell=64 x 64 B", "--subject=raw-edge", "--rounds=1000",
             f"--out={self.folder}"], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        children = []
        while not any("load" in child for child in children):
            listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(process.pid)],
                                    text=True, stdout=subprocess.PIPE)
            children = listed.stdout.splitlines()
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=30)
        self.assertEqual((process.returncode, complaint), (1, "rondo-bench: interrupted\n"))
        for child in children:
            self.assertFalse(Path("/proc", child.split()[0]).exists(), child)

    def test_compare_tells_what_moved(self):
        self.assertEqual(self.measure("run", "echo", *ONE_CELL)[0], 0)
        old = self.folder / "results.json"
        results = json.loads(old.read_text())
        measures = results["scenarios"][0]["cells"][0]["rows"][0]["measures"]
        for each in ("median", "least", "most"):
            measures["ratio"][each] *= 3
        new = self.folder / "new.json"
        new.write_text(json.dumps(results))
        code, said, _ = self.run_bench("compare", old, new)
        self.assertEqual(code, 0)
        self.assertIn("x 3.000  WORSE", said)
        self.assertIn("1 of ", said.splitlines()[-2])
        self.assertIn("fewer than six windows", said.splitlines()[-1])
        new.write_text("{")
        self.assertIn("not JSON: line 1", self.refusal("compare", str(old), str(new)))


class Latencies(unittest.TestCase):
    """The load against a server whose delays are known: benchmarks/raw/delay.c."""

    EXPECTED = {"p50": 40e6, "p90": 80e6, "p99": 160e6, "p999": 320e6, "max": 640e6}
    ATTEMPTS = 4  # another program that takes the processor makes latencies longer, never shorter

    def ask(self, command, connections):
        server = subprocess.Popen([RAW / "delay", "0"], text=True, stdout=subprocess.PIPE,
                                  preexec_fn=go_before_others)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        address = server.stdout.readline().split()[2]
        done = subprocess.run([RAW / "load", address, "--control",
                               f"--connections={connections}"],
                              input=f"{command}\nlatencies\n", text=True, timeout=60, check=True,
                              stdout=subprocess.PIPE, preexec_fn=go_before_others)
        words = dict(word.split("=") for word in done.stdout.splitlines()[-1].split())
        self.assertGreater(int(words["latencies"]), 2000)
        return {name: float(words[name]) for name in self.EXPECTED}

    def check(self, command, connections):
        for _ in range(self.ATTEMPTS):
            found = self.ask(command, connections)
            for name, expected in self.EXPECTED.items():
                self.assertGreater(found[name], expected * 0.99, name)  # no excuse for too short
            if all(found[name] <= expected * 1.05 for name, expected in self.EXPECTED.items()):
                return
        self.fail(f"more than 5 % off: {found}")

    def test_closed_loop_within_five_percent(self):
        self.check("closed 1.3", 250)

    def test_open_loop_within_five_percent(self):
        # So many that each has its answer before its next request is due: delays would mix them up.
        self.check("rate 3000 1.3", 2500)


if __name__ == "__main__":
    unittest.main()
