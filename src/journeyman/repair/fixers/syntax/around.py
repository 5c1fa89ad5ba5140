"""Small edits around a fault in a text that is no Python: a mark put in, taken out or exchanged, a line moved."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journeyman.repair.fixers.syntax.compiling import Fault
from journeyman.repair.fixers.syntax.dialects import Dialect
from journeyman.repair.fixers.syntax.edit import Edit, insertion, replacement
from journeyman.repair.fixers.syntax.nesting import closings
from journeyman.repair.names import likeness

_LINES_BEFORE = 2
_WIDEST = 300
"""Characters before and after a fault that are looked at, where lines are long."""

_PLACE = re.compile(r"(?<=\w)(?!\w)|(?<=[^\w\s])|(?<=\s)(?=\S)|(?=[^\w\s])")
_BLANK_LINE = re.compile(r"^([ \t]*)\S[^\n]*$", re.M)
_FAR = 0.06
_GOES_ON = re.compile(r"[ \t]+[\w'\"]")
_QUOTES = ("'", '"', "`")
_ENDS = (";", ",", ")", "}", "]", ":")
_CLOSING = ")]}\"'`"


def around(text: str, fault: Fault, dialect: Dialect) -> Iterator[Edit]:
    """Yield the edits that may mend a fault, in no order."""
    at = _offset(text, fault)
    begin, end = _window(text, at)
    yield from _put_in(text, at, (begin, end), dialect)
    yield from _taken_out(text, at, (begin, end))
    yield from _exchanged(text, (begin, end), dialect)
    yield from (insertion(0.3, place, closing) for place, closing in closings(text))
    if dialect.by_indentation:
        yield from _moved(text, fault.line)
        yield from _quoted(text, fault.line)


def _offset(text: str, fault: Fault) -> int:
    start = 0
    for _ in range(max(0, fault.line - 1)):
        start = text.find("\n", start) + 1 or len(text)
    return min(len(text), start + max(0, fault.column - 1))


def _window(text: str, at: int) -> tuple[int, int]:
    begin = at
    for _ in range(_LINES_BEFORE + 1):
        begin = max(0, text.rfind("\n", 0, begin))
    while begin and not text[begin:at].strip():  # a fault is often seen far behind what is missing
        begin = max(0, text.rfind("\n", 0, begin))
    end = text.find("\n", at)
    return max(begin, at - _WIDEST), min(len(text) if end < 0 else end, at + _WIDEST)


def _put_in(text: str, at: int, window: tuple[int, int], dialect: Dialect) -> Iterator[Edit]:
    begin, end = window
    last = len(text[:at].rstrip())
    places = {found.start() for found in _PLACE.finditer(text, begin, end)} | {end, last, at}
    for place in sorted(places):
        far = 0.0 if place in (at, last) else _FAR * (1 + text.count("\n", min(place, at), max(place, at)))
        before, after = text[place - 1 : place], text[place : place + 1]
        for mark, cost in dialect.missing.items():
            awkward = 0.3 * (mark == "," and before in ":,([{") + 0.15 * (
                (before.isspace() or not before) and mark in ",:;)]}"
            )
            inside = 0.2 * (mark in _CLOSING and (after.isalnum() or bool(_GOES_ON.match(text, place))))
            swallowed = 0.3 * ((mark in _QUOTES and before in _ENDS) or before + mark in ("()", "[]", "{}"))
            yield insertion(cost + far + awkward + inside + swallowed, place, mark)


def _taken_out(text: str, at: int, window: tuple[int, int]) -> Iterator[Edit]:
    begin, end = window
    for found in re.finditer(r"[^\w\s]", text[begin:end]):
        place = begin + found.start()
        twice = found[0] in (text[place - 1 : place], text[:place].rstrip(" \t")[-1:])
        dangling = found[0] == "," and re.match(r"\s*[\]},]|\s*\Z", text[place + 1 :])
        cost = 0.3 if twice or dangling else 0.6
        near = 0.0 if place == at or dangling else _FAR * (1 + text.count("\n", min(place, at), max(place, at)))
        yield replacement(cost + near, place, place + 1, "", f"take out `{found[0]}`")


def _exchanged(text: str, window: tuple[int, int], dialect: Dialect) -> Iterator[Edit]:
    begin, end = window
    words = text[begin:end]
    for old, new in dialect.words.items():
        pattern = rf"\b{old}\b" if old.isalpha() else re.escape(old)
        for found in re.finditer(pattern, words):
            start = begin + found.start()
            yield replacement(0.3, start, start + len(old), new, f"write `{new.strip()}` for `{old.strip()}`")
    if "'" in dialect.words:
        for found in re.finditer(r"'([^'\"\n]*)'", words):
            start = begin + found.start()
            yield replacement(0.3, start, begin + found.end(), f'"{found[1]}"', "write other quotes")
    if '"' in dialect.missing:
        for found in re.finditer(r"(?<![\w\"'.-])[A-Za-z_][\w.-]*(?![\w\"'.-])", words):
            start = begin + found.start()
            yield replacement(0.6, start, begin + found.end(), f'"{found[0]}"', f"quote `{found[0]}`")
    for found in re.finditer(r"[A-Za-z]{3,}", words):
        for right in dialect.spelt:
            if right != found[0] and (like := likeness(found[0], right)) >= 0.7:
                start = begin + found.start()
                cost = 0.3 + 0.5 * (1 - like)
                yield replacement(cost, start, begin + found.end(), right, f"spell {found[0]} as {right}")


def _moved(text: str, line: int) -> Iterator[Edit]:
    """Yield the lines near a fault indented as their neighbours are."""
    lines = list(_BLANK_LINE.finditer(text))
    near = [n for n, found in enumerate(lines) if 0 <= line - text.count("\n", 0, found.start()) - 1 <= 1]
    for n in near:
        start, end = lines[n].span(1)
        neighbours = {other[1] for other in lines[max(0, n - 3) : n + 3]}
        for indent in neighbours - {lines[n][1]}:
            cost = 0.25 + 0.05 * abs(len(indent) - (end - start))
            yield replacement(cost, start, end, indent, "indent a line as its neighbours are")


def _quoted(text: str, line: int) -> Iterator[Edit]:
    """Yield the value of a line in quotes: it has a mark inside that means something."""
    for found in re.finditer(
        r"^[ \t]*(?:- )?(?:[\w. -]+:[ \t]+|- (?![\w. -]+:\s))(?P<value>[^\s\"'#][^\n\"]*?)[ \t]*$", text, re.M
    ):
        if abs(text.count("\n", 0, found.start()) + 1 - line) <= 1:
            yield replacement(0.3, *found.span("value"), f'"{found["value"]}"', "quote a value")
