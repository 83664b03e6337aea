# SPDX-License-Identifier: MIT
"""tools/dev demo: rondo-echo on every backend and mode in turn, under rondo-load, as one table."""

import json
import os
import platform
import signal
import sys
from collections import namedtuple
from pathlib import Path

import builds
import command_line
from child import Child

# A backend, its trigger mode ('-' where it has none), a way of reading, what bytes travel over.
Cell = namedtuple("Cell", "backend trigger read socket", defaults=["tcp"])
CELLS = [
    Cell("epoll", "edge", "receive"),
    Cell("epoll", "edge", "span"),
    Cell("epoll", "level", "receive"),
    Cell("epoll", "level", "span"),
    Cell("epoll", "oneshot", "receive"),
    Cell("epoll", "oneshot", "span"),
    Cell("poll", "-", "receive"),
    Cell("poll", "-", "span"),
    Cell("select", "-", "receive"),
    Cell("select", "-", "span"),
    Cell("io_uring", "-", "receive"),
    Cell("io_uring", "-", "span"),
    Cell("epoll", "edge", "receive", "unix"),
    Cell("io_uring", "-", "receive", "unix"),
]
# Where the server listens: of the kernel's choice.
ADDRESSES = {"tcp": "127.0.0.1:0", "unix": "unix:@"}

COLUMNS = ["backend ", "trigger", "read   ", "socket", "requests/s", "p50 us", "p99 us", "p99.9 us",
           " max us", "CPU us/req", "peak RSS KiB"]
TEXT_COLUMNS = 4
PROGRAMS = builds.BUILD_ROOT / "release" / "tools"
READY_SECONDS = 10
LATE_SECONDS = 10  # what a load may need beyond its duration


class Failure(Exception):
    """The cell went wrong."""


class Refusal(Exception):
    """The cell cannot run on this machine."""


def main():
    options = parse()
    # As Ctrl-C: leave through every `with`, which ends what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.programs == PROGRAMS:
        builds.BY_NAME["release"].compile_for("demo", ["tools/rondo-echo", "tools/rondo-load"])
    cpus = sorted(os.sched_getaffinity(0))
    options.cpus = (cpus[0], cpus[1]) if len(cpus) > 1 else (None, None)
    print(f"{options.connections} connections x {options.size} B, {options.duration} s each, "
          f"Linux {platform.release()}, "
          + ("server and load on a CPU each" if len(cpus) > 1 else "server and load on one CPU"))
    print("  ".join(COLUMNS), flush=True)
    ran = failed = 0
    for cell in CELLS:
        values, note = [], ""
        try:
            values = measure(cell, options)
            ran += 1
        except Refusal as refusal:
            note = f"cannot run here: {refusal}"
        except Failure as failure:
            note = f"FAILED: {failure}"
            failed += 1
        print(row(cell, values) + note, flush=True)
    return 0 if ran and not failed else 1


def parse():
    parser = command_line.Parser("demo", (
        "Runs rondo-echo on every backend and mode in turn under rondo-load and compares them. "
        "CPU is the server's, user and system, per request."))
    parser.add_argument("--duration", type=float, default=3, metavar="SECONDS",
                        help="of each cell (default 3)")
    parser.add_argument("--connections", type=int, default=64, help="default 64")
    parser.add_argument("--size", type=int, default=64, help="bytes of a message (default 64)")
    parser.add_argument("--programs", type=Path, default=PROGRAMS, metavar="FOLDER",
                        help="where rondo-echo and rondo-load are (default: compile them)")
    return parser.parse_args()


def measure(cell, options):
    """The numbers of one cell, as text, in the order of COLUMNS."""
    command = [options.programs / "rondo-echo", f"--listen={ADDRESSES[cell.socket]}",
               f"--backend={cell.backend}", f"--read={cell.read}"]
    if cell.trigger != "-":
        command.append(f"--trigger={cell.trigger}")
    with start(command, options.cpus[0]) as server:
        ready = server.line(READY_SECONDS)
        if not ready.startswith("listening on "):
            if server.runs_on(1):
                raise Failure(f"not listening after {READY_SECONDS} s")
            ending = server.ending()
            if ending.startswith("exit code"):
                raise Refusal(server.complaint() or ending)
            raise Failure(f"rondo-echo: {ending or 'ended'} before it listened")
        before = server.cpu_seconds()
        result = load(ready.split()[2], options, server)
        try:
            cpu, rss = server.cpu_seconds() - before, server.peak_rss_kib()
        except (OSError, StopIteration):  # it ended since: no clock, or a status without memory
            raise Failure(f"rondo-echo: {server.ending() or 'ended'} after the load") from None
        ending = server.stop()
        if ending:
            raise Failure(f"rondo-echo: {ending} after SIGTERM")
    latency = result["latency_us"]
    return [f"{result['requests_per_second']:.0f}",
            *(f"{latency[name]:.0f}" for name in ("p50", "p99", "p999", "max")),
            f"{cpu / result['requests'] * 1e6:.2f}", f"{rss}"]


def load(target, options, server):
    """What rondo-load measured against a listening server."""
    command = [options.programs / "rondo-load", f"--target={target}", "--json", "--depth=1",
               f"--connections={options.connections}", f"--size={options.size}",
               f"--duration={options.duration:g}s"]
    with start(command, options.cpus[1]) as client:
        said = client.finish(options.duration + LATE_SECONDS)
        if said is None:
            raise Failure("rondo-load did not end in time")
        ending, complaint = client.ending(), client.complaint()
    if not server.running():
        raise Failure(f"rondo-echo: {server.ending() or 'ended'} under load")
    if ending:
        raise Failure(f"rondo-load: {ending}: {complaint}")
    try:
        result = json.loads(said)
        if result["errors"] or not result["requests"]:
            raise Failure(f"rondo-load: {result['errors']} errors, {result['requests']} requests")
        return result
    except (ValueError, KeyError):
        raise Failure("rondo-load printed no result") from None


def start(command, cpu):
    try:
        return Child([str(word) for word in command], cpu)
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}") from None


def row(cell, values):
    """One aligned line of the table."""
    texts = [text.ljust(len(title)) for text, title in zip(cell, COLUMNS)]
    numbers = [text.rjust(len(title)) for text, title in zip(values, COLUMNS[TEXT_COLUMNS:])]
    return "  ".join([*texts, *numbers] if values else [*texts, ""])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\ntools/dev demo: interrupted")
