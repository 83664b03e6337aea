# SPDX-License-Identifier: MIT
"""Installs the library into a folder of its own; builds and runs a user of it outside the tree."""

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import builds
from outcome import FAILED, PASSED, Outcome


def run():
    with tempfile.TemporaryDirectory(prefix="rondo-install-") as folder:
        try:
            _install(Path(folder))
            _use(Path(folder))
        except subprocess.CalledProcessError as error:
            said = error.stdout or ""
            return Outcome("install", "consumer", FAILED, f"{shlex.join(error.cmd)}\n{said}")
    return Outcome("install", "consumer", PASSED)


def _run(command, **options):
    command = [str(word) for word in command]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, **options).stdout


def _install(folder):
    # As a packager would: a release of the library alone, staged through DESTDIR.
    environment = dict(os.environ, CXX="ccache g++" if shutil.which("ccache") else "g++")
    _run(["/usr/bin/meson", "setup", "--prefix=/prefix", "--libdir=lib", *builds.LIBRARY_ONLY,
          "-Dbuildtype=release", folder / "build", builds.ROOT], env=environment)
    _run(["ninja", "-C", folder / "build"])
    _run(["/usr/bin/meson", "install", "-C", folder / "build", "--no-rebuild"],
         env=dict(environment, DESTDIR=str(folder / "stage")))
    shutil.move(folder / "stage" / "prefix", folder / "installed")


def _use(folder):
    shutil.copy(builds.ROOT / "tests/install/consumer.cc", folder)
    prefix = folder / "installed"
    environment = dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"))
    flags = _run(["pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs",
                  "rondo"], env=environment)
    _run(["g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "consumer.cc", "-o", "consumer",
          *shlex.split(flags)], cwd=folder)
    _run([folder / "consumer"])
