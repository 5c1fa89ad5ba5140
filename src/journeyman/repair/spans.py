"""Places in a source text: syntax-tree positions to offsets, and edits spliced in between."""

from __future__ import annotations

import ast
import re
from typing import Protocol

import msgspec

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
"""A line as the parser counts them; `splitlines` knows more ends than it does."""


class Placed(Protocol):
    """A node with a place. Columns count UTF-8 bytes, as the syntax tree does."""

    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


class Source:
    """A Python text with its tree. SyntaxError if it has none."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._lines = _LINE.findall(text)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """Return the offset in the text of a line (from 1) and a column in bytes."""
        words = self._lines[line - 1] if line <= len(self._lines) else ""
        within = column if words.isascii() else len(words.encode()[:column].decode(errors="ignore"))
        return self._starts[line - 1] + within

    def span(self, node: Placed) -> tuple[int, int]:
        """Return where a node begins and ends in the text."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column)

    def of(self, node: Placed) -> str:
        """Return the text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def statement_at(self, line: int) -> ast.stmt | None:
        """Return the smallest statement that covers a line."""
        covering = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        return min(covering, key=lambda node: (node.end_lineno or node.lineno) - node.lineno, default=None)


class Splice(msgspec.Struct, frozen=True, order=True):
    """Replace the text between two offsets."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: list[Splice]) -> str:
    """Return the text with all splices made; they may not overlap."""
    for splice in sorted(splices, reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    return text


def parsed(text: str | None) -> Source | None:
    """Return the source of a text; None if it is absent or does not parse."""
    try:
        return Source(text) if text is not None else None
    except (SyntaxError, ValueError):
        return None
