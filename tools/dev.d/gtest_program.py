# SPDX-License-Identifier: MIT
"""Runs one GoogleTest program once and tells what became of each of its tests.

The program may crash, hang, leave no report or not exist: each of these is a failed test here.
"""

import json
import os
import re
import signal
import subprocess

from outcome import FAILED, PASSED, SKIPPED, Outcome

LAST_LINES = 60
MARK = re.compile(r"\[( RUN      |       OK |  FAILED  |  SKIPPED )\] (\S+?)(?: \(|, where|$)",
                  re.MULTILINE)
SANITIZER = re.compile(r"^(?:==\d+==)?(?:WARNING|ERROR): \w+Sanitizer|: runtime error: ",
                       re.MULTILINE)
# What GoogleTest itself ends with. Sanitizers are told to end with something else (builds.py), so
# that a leak is seen beside a test that failed.
ALL_PASSED, SOME_FAILED = "exit code 0", "exit code 1"


def run(build, program, command, environment, seconds, report, log):
    """Outcomes of one run. `report` and `log` are the files to write; `seconds` is the watchdog."""
    report.unlink(missing_ok=True)
    try:
        ended = _run_watched([*command, f"--gtest_output=json:{report}"], environment, seconds, log)
    except OSError as error:
        return [Outcome(build, program, FAILED, f"cannot be run: {error.strerror}")]
    text = log.read_text(errors="replace")
    sections = _sections(text)
    reported = _from_report(build, report, sections)
    outcomes = _from_log(build, sections) if reported is None else reported
    failed = any(outcome.status == FAILED for outcome in outcomes)
    if reported is None or ended != (SOME_FAILED if failed else ALL_PASSED):
        # The marks tell how far it came; what it said last tells why it went no further.
        last = next((name for name, (status, _) in sections.items() if status is None), program)
        outcomes.append(Outcome(build, last, FAILED, f"{program}: {ended}\n{_tail(text)}\n"
                                                     f"(all of it: {log})"))
    return outcomes


def _run_watched(command, environment, seconds, log):
    """Runs to the end or to the watchdog's patience; says how it ended."""
    with open(log, "w") as output:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # under a sanitizer this prints a stack
            _wait_a_little(process)
            return f"still running after {seconds:.0f} s, ended by the watchdog"
        finally:
            _end_group(process)
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _wait_a_little(process):
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        pass


def _end_group(process):
    """Ends what the program left behind, itself included."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _sections(text):
    """{test: (status or None while it runs, its output)} from the marks in the output."""
    sections = {}
    running, started = None, 0
    for mark in MARK.finditer(text):
        kind, name = mark.group(1).strip(), mark.group(2)
        if kind == "RUN":
            running, started = name, mark.start()
            sections[name] = (None, text[started:])
        elif name == running:  # and not the list of failures at the end
            status = {"OK": PASSED, "FAILED": FAILED, "SKIPPED": SKIPPED}[kind]
            section = text[started:mark.end()] + text[mark.end():].partition("\n")[0]
            if SANITIZER.search(section):
                status = FAILED
            sections[name] = (status, section)
            running = None
    return sections


def _from_report(build, report, sections):
    """Outcomes from the JSON report; None if there is none that can be read."""
    try:
        suites = json.loads(report.read_text())["testsuites"]
    except (OSError, ValueError, KeyError):
        return None
    outcomes = []
    for suite in suites:
        for test in suite["testsuite"]:
            if test["status"] != "RUN":
                continue
            name = f"{suite['name']}.{test['name']}"
            status, said = sections.get(name, (PASSED, ""))
            failures = test.get("failures", [])
            if test["result"] == "SKIPPED":
                status = SKIPPED
            if failures:
                status = FAILED
                said = said or "\n".join(each["failure"] for each in failures)
            status = status or PASSED  # its mark was torn by another thread's output
            outcomes.append(Outcome(build, name, status, "" if status == PASSED else said))
    return outcomes


def _from_log(build, sections):
    return [Outcome(build, name, status, output if status == FAILED else "")
            for name, (status, output) in sections.items() if status]


def _tail(text):
    return "\n".join(text.splitlines()[-LAST_LINES:])
