# SPDX-License-Identifier: MIT
"""The builds: how each is configured, and how it is brought up to date."""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD_ROOT = ROOT / "build"

GCC = ("gcc", "g++")
CLANG = ("clang-19", "clang++-19")
PR_SET_PDEATHSIG = 1
# Compilers are given relative paths, so what ccache has of one clone is good for all.
os.environ.setdefault("CCACHE_NOHASHDIR", "1")
LIBRARY_ONLY = ["-Dtests=false", "-Dtools=false"]
# What keeps a stack trace readable and a fault fatal under the sanitizers.
SANITIZED = ["-g1", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all"]


def end_with_parent():
    """What a child calls before its program: it is asked to end when we do, however we do."""
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
    return prepare


class Build:
    """One build directory: its compiler, its options and what its tests run under."""

    def __init__(self, name, compiler, options, flags=(), environment=None, patience=1):
        self.name = name
        self.compiler = compiler
        self.options = list(options)
        self.flags = list(flags)
        self.environment = environment or {}
        self.patience = patience  # how much longer than in release its tests may take
        self.folder = BUILD_ROOT / name

    def setup_command(self):
        flags = [f"-D{language}_args={' '.join(self.flags)}" for language in ("c", "cpp")]
        return ["/usr/bin/meson", "setup", *self.options, *(flags if self.flags else []),
                str(self.folder), str(ROOT)]

    def configure(self, output):
        """Runs meson setup, unless it already ran with the same options; quiet if it works."""
        wrapper = "ccache " if shutil.which("ccache") else ""
        compilers = {"CC": wrapper + self.compiler[0], "CXX": wrapper + self.compiler[1]}
        command = self.setup_command()
        stamp = self.folder / "configured-with"
        wanted = " ".join([compilers["CXX"], *command])
        if (self.folder / "build.ninja").exists():
            if stamp.exists() and stamp.read_text() == wanted:
                return True
            shutil.rmtree(self.folder)
        done = subprocess.run(command, env={**os.environ, **compilers}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 0:
            stamp.write_text(wanted)
        else:
            print(done.stdout, file=output)
        return done.returncode == 0

    def compile(self, output=None, targets=(), niceness=0):
        """Brings the build up to date, telling of it in `output`. True when it compiles."""
        BUILD_ROOT.mkdir(exist_ok=True)
        with open(BUILD_ROOT / f"{self.name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two ninjas in one folder spoil it
            if not self.configure(output):
                return False
            command = ["ninja", "-C", str(self.folder), f"-j{os.cpu_count()}", *targets]
            done = subprocess.run(["nice", "-n", str(niceness), *command], stdout=output,
                                  stderr=subprocess.STDOUT, preexec_fn=end_with_parent())
            return done.returncode == 0

    def compile_for(self, command, targets=()):
        """The same for a command that only needs what is compiled: quiet, or the end of it."""
        print("compiling", file=sys.stderr, flush=True)
        BUILD_ROOT.mkdir(exist_ok=True)
        log = BUILD_ROOT / f"{self.name}.log"
        with open(log, "w") as output:
            compiled = self.compile(output, targets)
        if not compiled:
            sys.exit(f"tools/dev {command}: {self.name} does not compile; {log} tells why")


TESTED = [
    Build("release", GCC, ["-Ddebug=false", "-Doptimization=2", "-Dbenchmarks=true"], ["-g1"]),
    Build("debug", GCC, ["-Ddebug=false", "-Doptimization=0"],
          ["-g1", "-D_GLIBCXX_ASSERTIONS"], patience=2),
    Build("asan", CLANG,
          ["-Ddebug=false", "-Doptimization=1", "-Db_sanitize=address,undefined",
           "-Db_lundef=false"],
          [*SANITIZED, "-D_GLIBCXX_ASSERTIONS"],
          {"ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:handle_abort=1"
                           ":exitcode=66",
           "UBSAN_OPTIONS": "print_stacktrace=1",
           "ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19"}, patience=3),
    Build("tsan", CLANG,
          ["-Ddebug=false", "-Doptimization=1", "-Db_sanitize=thread", "-Db_lundef=false"],
          SANITIZED,
          {"TSAN_OPTIONS": "second_deadlock_stack=1:handle_abort=1:exitcode=66"
                           ":external_symbolizer_path=/usr/bin/llvm-symbolizer-19"}, patience=3),
]

COMPILED_ONLY = [
    Build("noexcept-gcc", GCC,
          ["-Ddebug=false", "-Doptimization=1", "-Dnoexcept_lib=true", *LIBRARY_ONLY]),
    Build("noexcept-clang", CLANG,
          ["-Ddebug=false", "-Doptimization=1", "-Dnoexcept_lib=true", *LIBRARY_ONLY]),
]

BY_NAME = {build.name: build for build in TESTED + COMPILED_ONLY}
