# SPDX-License-Identifier: MIT
"""The source tree as the rules see it: files, their code without comments, their includes."""

import os
import re
from collections import namedtuple
from functools import cached_property
from pathlib import Path

Finding = namedtuple("Finding", "path line message rule")

FOLDERS = ["include", "lib", "tests", "tools", "benchmarks"]
CODE = {".h", ".cc", ".c"}
SCRIPTS = {".py", ".sh", ".build"}

# Comments, raw strings, strings and characters; a ' inside a number is not a character's begin.
NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"([^\s()\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*\""""
    r"""|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


class Source:
    """One file. `path` is relative to the root."""

    def __init__(self, root, path):
        self.root = root
        self.path = path
        self.text = (root / path).read_text(errors="replace")

    @property
    def is_code(self):
        return self.path.suffix in CODE

    @cached_property
    def code(self):
        """The text with comments and literals blanked; offsets and lines stay."""
        return NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), self.text)

    @cached_property
    def includes(self):
        """[(line, '<' or '"', name)]"""
        return [(self.line_at(found.start(1)), found.group(1), found.group(2))
                for found in INCLUDE.finditer(self.text)
                if "#" in self.code[found.start():found.end()]]

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def within(self, *folders):
        return self.path.parts[0] in folders

    def finding(self, offset, message, rule):
        return Finding(self.path, self.line_at(offset), message, rule)


class Tree:
    def __init__(self, root):
        self.root = root
        self.sources = [Source(root, path) for path in self._paths()]
        self._known = {source.path for source in self.sources}

    def _paths(self):
        for top in FOLDERS:
            for folder, folders, files in os.walk(self.root / top):
                folders.sort()
                for name in sorted(files):
                    path = Path(folder, name)
                    if path.suffix in CODE | SCRIPTS:
                        yield path.relative_to(self.root)
        for name in ("meson.build", "tools/dev", ".ci/run"):
            if (self.root / name).exists():
                yield Path(name)

    @cached_property
    def code(self):
        return [source for source in self.sources if source.is_code]

    def resolve(self, source, name):
        """The file of this tree that an include names, or None."""
        for folder in (source.path.parent, "include", "lib", source.path.parts[0]):
            path = Path(os.path.normpath(Path(folder, name)))
            if path in self._known:
                return path
        return None
