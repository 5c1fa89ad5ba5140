"""Words of a text that may not be Python: a lexer that never fails, unlike the interpreter's."""

from __future__ import annotations

import bisect
import re

import msgspec

_PREFIX = r"(?:[rR][bBfFtT]?|[bBfFtTuU][rR]?)?"
_TOKEN = re.compile(
    rf"""(?P<string>{_PREFIX}(?:\"\"\"(?:[^\\]|\\.)*?(?:\"\"\"|\Z)|'''(?:[^\\]|\\.)*?(?:'''|\Z)
      |"(?:[^"\\\n]|\\.)*(?:"|(?=\n)|\Z)|'(?:[^'\\\n]|\\.)*(?:'|(?=\n)|\Z)))
    |(?P<comment>\#[^\n]*)|(?P<newline>\r?\n)|(?P<space>[ \t\f\\]+)
    |(?P<name>[^\W\d]\w*)|(?P<number>\.?\d[\w.]*)
    |(?P<op>\*\*=|//=|>>=|<<=|\.\.\.|===|!==|->|:=|=>|=<|==|!=|<=|>=|<>|&&|\|\||\+\+|--|\+=|-=|\*=|/=|%=|&=|\|=|\^=|@=
      |\*\*|//|>>|<<|.)""",
    re.X | re.S,
)
OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSING = {close: opening for opening, close in OPENING.items()}


class Word(msgspec.Struct, frozen=True):
    """A token: `kind` is string, comment, newline, space, name, number or op."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)

    @property
    def code(self) -> bool:
        """Whether it is more than layout."""
        return self.kind not in ("comment", "newline", "space")


def words(text: str) -> list[Word]:
    """Return the tokens of a text; together they are the text."""
    return [Word(found.lastgroup or "op", found.group(), found.start()) for found in _TOKEN.finditer(text)]


class Page:
    """A text with its words and lines. Lines count from 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = words(text)
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def offset(self, line: int, column: int = 1) -> int:
        """Return the offset of a place, kept inside the text."""
        line = min(max(line, 1), len(self.lines))
        return min(self.starts[line - 1] + max(column, 1) - 1, len(self.text))

    def line_of(self, offset: int) -> int:
        """Return the line of an offset."""
        return min(bisect.bisect_right(self.starts, offset), len(self.lines))

    def line(self, number: int) -> str:
        """Return a line without its end; "" beyond the text."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""

    def of_lines(self, first: int, last: int) -> list[Word]:
        """Return the words that are code and begin in these lines."""
        start, end = self.offset(first), self.starts[min(max(last, 1), len(self.lines))]
        return [word for word in self.words if start <= word.start < end and word.code]

    def code_before(self, line: int) -> int:
        """Return the last line above this one that holds code; 0 if none."""
        before = [word for word in self.words if word.code and word.start < self.offset(line)]
        return self.line_of(before[-1].end - 1) if before else 0

    def indent(self, number: int) -> str:
        """Return what a line begins with."""
        words_of = self.line(number)
        return words_of[: len(words_of) - len(words_of.lstrip(" \t\xa0\u3000"))]


def is_open(word: Word) -> bool:
    """Tell whether a string has no end."""
    body = word.text.lstrip("rRbBfFtTuU")
    mark = body[:3] if body[:3] in ('"""', "'''") else body[:1]
    return word.kind == "string" and (len(body) < 2 * len(mark) or not body.endswith(mark))
