# SPDX-License-Identifier: MIT
"""Sources are as clang-format leaves them."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tree import Finding

FORMATTER = "clang-format-14"  # another version would format differently
PLACE = re.compile(r"^\S+?:(\d+):\d+: error: code should be clang-formatted", re.MULTILINE)


def check(tree, passed):
    style = (tree.root / ".clang-format").read_text()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda source: _one(tree, style, passed, source), tree.code):
            yield from findings


def _one(tree, style, passed, source):
    key = passed.key(FORMATTER, style, str(source.path), source.text)
    if passed.knows(key):
        return []
    done = subprocess.run([FORMATTER, "--dry-run", "-Werror", str(source.path)], cwd=tree.root,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        passed.add(key)
        return []
    place = PLACE.search(done.stdout)
    return [Finding(source.path, int(place[1]) if place else 1,
                    "not formatted: tools/dev format mends it", "formatting")]
