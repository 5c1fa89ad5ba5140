"""A Python text with its tree, and where each node stands in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
"""A line as the parser counts them; `splitlines` knows more ends than it does."""


class Source:
    """A text, its tree and its places. SyntaxError if it has no tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._lines = _LINE.findall(text)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line (from 1) and a column in bytes."""
        words = self._lines[line - 1] if line <= len(self._lines) else ""
        within = column if words.isascii() else len(words.encode()[:column].decode(errors="ignore"))
        return self._starts[line - 1] + within

    def span(self, node: Any) -> tuple[int, int]:
        """Return where a node begins and ends."""
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def of(self, node: Any) -> str:
        """Return the text of a node."""
        start, end = self.span(node)
        return self.text[start:end]


class Edit(NamedTuple):
    """Replace the text between two offsets. `prior` is how likely such an edit mends, from 0 to 1.

    `line` is where it acts, `template` what kind of edit it is.
    """

    start: int
    end: int
    text: str
    prior: float
    line: int
    template: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits made that do not overlap."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
