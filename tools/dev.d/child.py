# SPDX-License-Identifier: MIT
"""A program that we start, and that ends with us, however we end."""

import ctypes
import os
import selectors
import signal
import subprocess
import tempfile
import time

PR_SET_PDEATHSIG = 1


class Child:
    """A running program, pinned to `cpu` if one is given. Leaving the `with` block ends it."""

    def __init__(self, command, cpu=None):
        self._said = tempfile.TemporaryFile("w+")
        parent, libc = os.getpid(), ctypes.CDLL(None)

        def prepare():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            if cpu is not None:
                os.sched_setaffinity(0, {cpu})

        # A session of its own: Ctrl-C reaches us alone, and we end it in order.
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True,
                                         stdout=subprocess.PIPE, stderr=self._said,
                                         start_new_session=True, preexec_fn=prepare)
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self._process.stdout.close()
        self._said.close()

    def line(self, seconds):
        """The next line of its output; '' when it ends or says nothing in time."""
        deadline, line = time.monotonic() + seconds, b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    return ""
                byte = os.read(self._process.stdout.fileno(), 1)
                if not byte:
                    break
                line += byte
        return line.decode(errors="replace").strip()

    def finish(self, seconds):
        """Waits for its end and gives the rest of its output; None if it takes longer."""
        try:
            return self._process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            return None

    def running(self):
        return self._process.poll() is None

    def runs_on(self, seconds):
        """Whether it is still there after `seconds`: the end of its output comes before its own."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def stop(self, seconds=5):
        """SIGTERM, then SIGKILL after `seconds`. How it ended, '' for exit code 0."""
        if self.running():
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                return f"still running {seconds} s after SIGTERM"
        return self.ending()

    def ending(self):
        code = self._process.wait()
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"exit code {code}" if code else ""

    def complaint(self):
        """The last line that it wrote to stderr."""
        self._said.seek(0)
        lines = self._said.read().strip().splitlines()
        return lines[-1] if lines else ""

    def cpu_seconds(self):
        """User and system time of all its threads: its CPU clock, to the nanosecond."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def peak_rss_kib(self):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
