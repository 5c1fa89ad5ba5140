"""Statements of Python 2, rewritten by fissix (lib2to3's heir) where Python 3 cannot read them."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

from journeyman.repair.fixers.syntax.compiling import Fault
from journeyman.repair.fixers.syntax.edit import Edit
from journeyman.repair.fixers.syntax.tokens import Page, words
from journeyman.repair.spans import Splice

_REWRITES = ("print", "exec", "except", "raise", "throw", "repr", "ne", "numliterals", "unicode", "paren")
_LEFTOVER = re.compile(
    r"\bprint\b|\bexec\b|\bexcept\b|\braise\b|`|<>|\b0[0-7]+\b|\d[lL]\b|\b[uU][rR][\"']|\bin\b|\.throw\("
)
_LONGEST = 40


def leftovers(page: Page, fault: Fault) -> Iterator[Edit]:
    """Rewrite the statement of the fault, and all like it: who forgot one forgot others."""
    if not _LEFTOVER.search(page.text):
        return
    splices = tuple(splice for splice in _rewritten(page))
    here = tuple(splice for splice in splices if page.line_of(splice.start) <= fault.line <= page.line_of(splice.end))
    if here and len(splices) > 1:
        yield Edit(0.2, "write Python 3", splices)
    if here:
        yield Edit(0.25, "write Python 3", here)


def _rewritten(page: Page) -> Iterator[Splice]:
    """Yield a splice for each line, or run of lines, that is no Python 3 and becomes so."""
    line = 1
    while line <= len(page.lines):
        last = _last_line(page, line)
        text = "\n".join(page.lines[line - 1 : last])
        if _LEFTOVER.search(text) and (new := modern(text)) is not None:
            yield Splice(page.offset(line), page.offset(line) + len(text), new)
        line = last + 1


def _last_line(page: Page, first: int) -> int:
    """Return the last line of a statement: brackets, strings and backslashes carry it on."""
    for last in range(first, min(first + _LONGEST, len(page.lines)) + 1):
        text = "\n".join(page.lines[first - 1 : last])
        found = [word for word in words(text) if word.kind != "comment"]
        depth = sum((word.text in "([{") - (word.text in ")]}") for word in found if word.kind == "op")
        if depth <= 0 and not text.rstrip().endswith("\\"):
            return last
    return first


def modern(statement: str) -> str | None:
    """Return a line of Python 2 as Python 3; None if it is fine already, or nothing that can be rewritten."""
    margin = re.match(r"[ \t]*", statement)[0]  # type: ignore[index]
    bare = textwrap.dedent(statement) if "\n" in statement else statement[len(margin) :]
    before, after = _frame(bare)
    if _parses(f"{before}{bare}{after}\n"):
        return None
    new = _refactored(f"{before}{bare}{after}\n")
    if new is None or not _parses(new) or not new.startswith(before):
        return None
    inner = new[len(before) : len(new) - len(after) - 1]
    return "\n".join(margin + line if line.strip() else line for line in inner.split("\n"))


def _frame(statement: str) -> tuple[str, str]:
    """Return what a header needs around it to be a whole statement."""
    code = [word for word in words(statement) if word.code]
    if not code or code[-1].text != ":":
        return "", ""
    before = {
        "except": "try:\n    pass\n", "finally": "try:\n    pass\n", "elif": "if 1:\n    pass\n",
        "else": "if 1:\n    pass\n",
    }.get(code[0].text, "")  # fmt: skip
    return before, "\n    pass"


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


@cache
def _tool() -> Any:
    from fissix.refactor import RefactoringTool

    return RefactoringTool([f"fissix.fixes.fix_{name}" for name in _REWRITES])


def _refactored(text: str) -> str | None:
    try:
        return str(_tool().refactor_string(text, "statement"))
    except Exception:  # its parser raises many kinds for what is no Python of any version
        return None
