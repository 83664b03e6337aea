# SPDX-License-Identifier: MIT
"""Forms that the house does without, wherever a word is enough to see them."""

import re

from tree import Finding

# (rule, folders or None for all, where it looks, what it looks for, what it says)
WORDS = [
    ("detail-namespace", None, "code", r"\bnamespace\s+(?:\w+\s*::\s*)*detail\b",
     "no detail namespace: what is private lives in lib/"),
    ("unfinished", None, "text", r"\b(?:TO[D]O|FIX[M]E|XX[X])\b", "finish it, or file an issue"),
    ("shared-ptr", ["include"], "code", r"\bstd::(?:shared_ptr|make_shared)\b",
     "hidden ownership: a public header without shared_ptr"),
    ("printing", ["include", "lib"], "code",
     r"\bstd::(?:cout|cerr|clog)\b|\b(?:v?f?printf|f?puts|putchar|perror)\s*\("
     r"|\bSTD(?:OUT|ERR)_FILENO\b", "the library prints nothing"),
]
# A static inside a function is reached through that function alone.
THREAD_LOCAL = re.compile(r"(?<!static )\bthread_local\b")
COMMENT_LINES = 4


def check(tree):
    for source in tree.sources:
        for rule, folders, where, pattern, message in WORDS:
            if folders and not source.within(*folders):
                continue
            if where == "code" and not source.is_code:
                continue
            for found in re.finditer(pattern, getattr(source, where)):
                yield source.finding(found.start(), message, rule)
    for source in tree.code:
        yield from _thread_locals(source)


def _thread_locals(source):
    lines = source.text.splitlines()
    for found in THREAD_LOCAL.finditer(source.code):
        line = source.line_at(found.start())
        above = "\n".join(lines[max(line - 1 - COMMENT_LINES, 0):line])
        if "accessor" not in above:
            yield Finding(source.path, line,
                          "thread_local is read only through an accessor function (a reference "
                          "held across co_await is another thread's): say in the comment above "
                          "which accessor it is", "thread-local")
