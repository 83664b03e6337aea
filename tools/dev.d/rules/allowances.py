# SPDX-License-Identifier: MIT
"""Exceptions from the rules, each with its reason: tools/dev.d/allowances.txt.

One per line: RULE PATH  # reason. A line that allows nothing any more is itself a finding.
"""

from pathlib import Path

from tree import Finding

LIST = Path("tools/dev.d/allowances.txt")


def apply(root, findings):
    """The findings that no line allows, and one for each line that is wrong."""
    kept, used = list(findings), set()
    lines = _read(root)
    allowed = {(rule, path) for _, rule, path, _ in lines}
    for finding in findings:
        key = (finding.rule, str(finding.path))
        if key in allowed:
            used.add(key)
            kept.remove(finding)
    for number, rule, path, reason in lines:
        if not reason:
            kept.append(Finding(LIST, number, "an allowance without a reason", "allowance"))
        elif (rule, path) not in used:
            kept.append(Finding(LIST, number, f"allows {rule} in {path}, where it is not needed",
                                "allowance"))
    return kept


def _read(root):
    lines = []
    if (root / LIST).exists():
        for number, text in enumerate((root / LIST).read_text().splitlines(), 1):
            if text.strip() and not text.startswith("#"):
                words, _, reason = text.partition("#")
                rule, path = (words.split() + ["", ""])[:2]
                lines.append((number, rule, path, reason.strip()))
    return lines
