# SPDX-License-Identifier: MIT
"""Compiles builds one after the other, while the tests of those before them run."""

import threading

import builds


class Ahead:
    """Begins at once, at low priority, so that what is tested meanwhile hardly notices."""

    def __init__(self, wanted):
        self._outcomes = {}
        self._changed = threading.Condition()
        self._wanted = list(wanted)
        threading.Thread(target=self._compile, daemon=True).start()

    def compiled(self, build):
        """Waits for a build; whether it compiles. What the compiler said is in log_of(build)."""
        with self._changed:
            self._changed.wait_for(lambda: build.name in self._outcomes)
            return self._outcomes[build.name]

    def _compile(self):
        for build in self._wanted:
            try:
                with open(log_of(build), "w") as output:
                    outcome = build.compile(output, niceness=10)
            except OSError as error:
                log_of(build).write_text(f"{error}\n")
                outcome = False
            with self._changed:
                self._outcomes[build.name] = outcome
                self._changed.notify_all()


def log_of(build):
    builds.BUILD_ROOT.mkdir(exist_ok=True)
    return builds.BUILD_ROOT / f"{build.name}.log"
