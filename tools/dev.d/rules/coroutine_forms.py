# SPDX-License-Identifier: MIT
"""Forms around co_await that g++ 12 or a newer compiler miscompiles.

Each was measured: the code compiles, and destroys twice, skips its body, or crashes the compiler.
Regular expressions over code without comments are enough for the house's own formatting.
"""

import re

AWAIT = re.compile(r"(?<!operator )\bco_await\b")
LOOP = re.compile(r"\bfor\s*\(")
CONDITION = re.compile(r"\b(if|while|switch)\s*(?:constexpr\s*)?\(")
DECLARATION = re.compile(r"^\s*(?:const\s+)?[\w:<>,*& ]+[\s&*](?:\w+\s*(?:=(?!=)|\{)|\[)")
BINDING = re.compile(r"\bauto\s*&{0,2}\s*\[[^\]]*\]\s*[={(]\s*co_await\b")
INIT_CAPTURE = re.compile(r"\[[^\]\[]*=\s*co_await\b")
ARRAY = re.compile(r"\w\s*\[[^\[\]]*\]\s*=?\s*\{")
# What stands before the '{' of a lambda's body.
LAMBDA_HEAD = re.compile(
    r"\]\s*(?:\([^{}]*\))?\s*(?:mutable\b)?\s*(?:noexcept\b)?\s*(?:->[^{};]*)?\s*$")
CAPTURES = re.compile(r"(?:^|[(,{=]|\breturn)\s*\[([^\[\]]*)\]\s*(?=[({<]|mutable|->|$)")
HARMLESS_CAPTURE = re.compile(r"\s*(&\s*\w*|this)\s*(\.\.\.)?\s*$")
DESIGNATED = re.compile(r"\{\s*\.\w+\s*[={]")
OPEN, CLOSE = "([{", ")]}"


def check(tree):
    for source in tree.code:
        yield from check_source(source)


def check_source(source):
    """What is wrong in one file."""
    if AWAIT.search(source.code):
        yield from _in_source(source)


def _in_source(source):
    code = source.code
    for found in BINDING.finditer(code):
        yield source.finding(found.start(), "structured binding straight from co_await: await into "
                                            "a named value first", "binding-await")
    for found in INIT_CAPTURE.finditer(code):
        yield source.finding(found.start(), "co_await inside a lambda's capture: await into a "
                                            "local first", "capture-await")
    for found in re.finditer(r"\(\s*\{", code):
        if AWAIT.search(_without_bodies(_balanced(code, found.start()))):
            yield source.finding(found.start(), "co_await inside ({ }): name what it gives first",
                                 "braced-await")
    for found in ARRAY.finditer(code):
        if AWAIT.search(_without_bodies(_balanced(code, found.end() - 1))):
            yield source.finding(found.start(), "co_await inside the braces of an array: name what "
                                                "it gives first", "array-await")
    for found in CONDITION.finditer(code):
        condition = _balanced(code, found.end() - 1)[1:-1]
        if AWAIT.search(_without_bodies(condition)) and not DECLARATION.match(condition):
            yield source.finding(found.start(), f"{found.group(1)} (co_await ...): await into a "
                                                "local first", "condition-await")
    for found in LOOP.finditer(code):
        parts = _without_bodies(_balanced(code, found.end() - 1)[1:-1]).split(";")
        if len(parts) == 3 and not parts[0].strip() and AWAIT.search(parts[1]):
            yield source.finding(found.start(), "for (; co_await ...;): await into a local first",
                                 "condition-await")
    for found in AWAIT.finditer(code):
        yield from _around(source, found)


def _around(source, found):
    """What is wrong with one await: the statement before it, the expression after it."""
    code = source.code
    operand = _without_bodies(_operand(code, found.end()))
    begin = max(code.rfind(stop, 0, found.start()) for stop in ";{}") + 1
    branches = "?" in code[begin:found.start()]
    if branches or re.match(r"\s*\([^()?]*(?:\([^()]*\)[^()?]*)*\?", operand):
        yield source.finding(found.start(), "co_await in a branch of ?: : use if and else",
                             "conditional-await")
    for captures in CAPTURES.finditer(operand):
        if any(not HARMLESS_CAPTURE.match(each) for each in captures.group(1).split(",")
               if each.strip()):
            yield source.finding(found.start(), "lambda that captures by value made inside the "
                                                "await: name it and move it in", "lambda-await")
    if DESIGNATED.search(operand):
        yield source.finding(found.start(), "aggregate made inside the await: name it and move it "
                                            "in", "aggregate-await")


def _balanced(code, start):
    """The text from an opening bracket to its closing one."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] in OPEN) - (code[at] in CLOSE)
        if depth == 0:
            return code[start:at + 1]
    return code[start:]


def _operand(code, start):
    """What is awaited: up to the ; or the bracket or comma that ends the expression."""
    depth = 0
    for at in range(start, len(code)):
        letter = code[at]
        if depth == 0 and (letter in CLOSE or letter in ";,"):
            return code[start:at]
        depth += (letter in OPEN) - (letter in CLOSE)
    return code[start:]


def _without_bodies(text):
    """The text with the bodies of its lambdas left out: what they hold is not made here."""
    kept, at = "", 0
    while at < len(text):
        if text[at] == "{" and LAMBDA_HEAD.search(kept):
            at += len(_balanced(text, at))
            kept += "{}"
        else:
            kept += text[at]
            at += 1
    return kept
