# SPDX-License-Identifier: MIT
"""Remembers, by content, what an expensive check has already passed: build/check-passed."""

import hashlib


class Passed:
    """Keeps only what the last run used, so it does not grow."""

    def __init__(self, root):
        self._file = root / "build" / "check-passed"
        known = self._file.read_text().split() if self._file.exists() else []
        self._known = set(known)
        self._used = set()

    @staticmethod
    def key(*parts):
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part.encode(errors="replace") + b"\0")
        return digest.hexdigest()

    def knows(self, key):
        if key in self._known:
            self._used.add(key)
        return key in self._known

    def add(self, key):
        self._used.add(key)

    def save(self):
        self._file.parent.mkdir(exist_ok=True)
        self._file.write_text("\n".join(sorted(self._used)) + "\n")
