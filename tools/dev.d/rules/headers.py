# SPDX-License-Identifier: MIT
"""Each header compiles alone; the public ones also together and without exceptions."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tree import Finding

COMPILER = ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
            "-Wno-missing-field-initializers", "-x", "c++", "/dev/null"]
ERROR = re.compile(r"^(?P<path>[^\s:]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<message>.*)",
                   re.MULTILINE)


def check(tree, passed):
    headers = [source for source in tree.code
               if source.path.suffix == ".h" and source.within("include", "lib")]
    public = [source for source in headers if source.within("include")]
    jobs = [([source], []) for source in headers]
    if public:
        jobs.append((public, ["-fno-exceptions", "-fno-rtti"]))
    texts = {source.path: source for source in tree.code}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda job: _compile(tree, texts, passed, *job), jobs):
            yield from findings


def _compile(tree, texts, passed, headers, flags):
    command = [*COMPILER, *flags, "-Iinclude"]
    if any(header.within("lib") for header in headers):
        command.append("-Ilib")
    for header in headers:
        command += ["-include", str(header.path)]
    needed = _closure(tree, texts, [header.path for header in headers])
    key = passed.key(*command, *(texts[path].text for path in sorted(needed)))
    if passed.knows(key):
        return []
    done = subprocess.run(command, cwd=tree.root, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        passed.add(key)
        return []
    path, together = headers[0].path, " without exceptions" if flags else " alone"
    error = ERROR.search(done.stdout)
    if error is None:
        return [Finding(path, 1, f"does not compile{together}: {done.stdout.strip()[:200]}",
                        "headers")]
    where = "" if error["path"] == str(path) else f" (while compiling {path})"
    return [Finding(error["path"], int(error["line"]),
                    f"does not compile{together}: {error['message']}{where}", "headers")]


def _closure(tree, texts, paths):
    """The files of this tree that the headers reach: a change in any means compiling again."""
    reached, waiting = set(), list(paths)
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        waiting += filter(None, (tree.resolve(texts[path], name)
                                 for _, _, name in texts[path].includes))
    return reached
