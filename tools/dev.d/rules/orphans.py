# SPDX-License-Identifier: MIT
"""Every source file is compiled, included or installed by something."""

import os
import re
from pathlib import Path

from tree import Finding

NAMED = re.compile(r"'([^'\n]+\.(?:cc|c|h))'")
SCRIPT_NAMED = re.compile(r"[\w./-]+\.(?:cc|c|h)\b")


def check(tree):
    listed, named_by = _listed(tree)
    included = {tree.resolve(source, name)
                for source in tree.code for _, _, name in source.includes}
    for source in tree.code:
        path = source.path
        if source.within("include"):
            if path not in listed:
                yield Finding(path, 1, "not installed: name it in include/meson.build", "orphan")
        elif path not in listed and not (path.suffix == ".h" and path in included):
            where = "included by nothing" if path.suffix == ".h" else "in no meson.build"
            yield Finding(path, 1, f"an orphan: {where}", "orphan")
    present = {source.path for source in tree.code}
    for path in sorted(listed - present):
        if path in named_by:
            yield Finding(*named_by[path], f"names {path}, which is not there", "orphan")


def _listed(tree):
    """The files that a meson.build names (or, by their whole path, one of our scripts)."""
    listed, named_by = set(), {}
    for source in tree.sources:
        if source.path.name == "meson.build":
            for found in NAMED.finditer(source.text):
                path = Path(os.path.normpath(source.path.parent / found.group(1)))
                listed.add(path)
                named_by[path] = (source.path, source.line_at(found.start()))
        elif source.path.suffix in {".py", ".sh"} and source.within("tools"):
            listed |= {Path(name) for name in SCRIPT_NAMED.findall(source.text)}
    return listed, named_by
