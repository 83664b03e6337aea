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
    if ended != "exit code 0" and (reported is None or not _failures(outcomes)):
        # The marks tell how far it came; what it said last tells why it went no further.
        last = [name for name, (status, _) in sections.items() if status is None]
        where = f" in {last[-1]}" if last else ""
        outcomes = [outcome for outcome in outcomes if outcome.name not in last]
        outcomes.append(Outcome(build, last[-1] if last else program, FAILED,
                                f"{program}: {ended}{where}\n{_tail(text)}"))
    elif reported is None:
        outcomes.append(Outcome(build, program, FAILED, f"left no report\n{_tail(text)}"))
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
            sections[name] = (status, text[started:mark.end()])
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
            status, detail = PASSED, ""
            if test["result"] == "SKIPPED":
                status, detail = SKIPPED, sections.get(name, ("", ""))[1]
            if test.get("failures"):
                status = FAILED
                detail = sections.get(name, ("", ""))[1]
                detail = detail or "\n".join(each["failure"] for each in test["failures"])
            outcomes.append(Outcome(build, name, status, detail))
    return outcomes


def _from_log(build, sections):
    return [Outcome(build, name, status, output if status == FAILED else "")
            for name, (status, output) in sections.items() if status]


def _failures(outcomes):
    return [outcome for outcome in outcomes if outcome.status == FAILED]


def _tail(text):
    return "\n".join(text.splitlines()[-LAST_LINES:])
