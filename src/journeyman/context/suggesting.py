"""Tells what a change leaves unfinished: marks in the code, callers not adapted, tests and documentation missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from journeyman.codebase import Code, Kind, Symbol, is_aside, is_test

NEAR = 5
"""Lines between a change and a mark that still belongs to it."""

SURE = 0.5
MOST_CALLERS = 10
DOCUMENTED = 0.6
"""Share of a file's functions with documentation from which on it is the habit there."""

_MARK = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b.*|\bNotImplementedError\b|\bunimplemented!\(|\btodo!\(")
_FUNCTIONS = (Kind.FUNCTION, Kind.METHOD)


class Touched(msgspec.Struct, frozen=True):
    """A file that a change touches: its lines that are new, counted from 1, and its text before, "" if it is new."""

    path: str
    lines: frozenset[int]
    before: str


class Suggestion(msgspec.Struct, frozen=True):
    """A next step: what is to be done where, and why. `confidence` is from 0 to 1."""

    kind: str
    path: str
    line: int
    what: str
    confidence: float


def suggest_next_steps(code: Code, change: Sequence[Touched]) -> list[Suggestion]:
    """Return what a change leaves unfinished, the surest first."""
    found: list[Suggestion] = []
    for touched in change:
        found += _marks(code, touched)
        if is_test(touched.path) or is_aside(touched.path):
            continue
        symbols = [each for each in code.symbols(touched.path) if each.kind in _FUNCTIONS]
        mine = [each for each in symbols if touched.lines & set(range(each.line, each.end_line + 1))]
        for symbol in mine:
            found += _callers(code, symbol, touched, change)
            found += _untested(code, symbol)
        found += _undocumented(mine, symbols)
    return sorted(found, key=lambda each: (-each.confidence, each.path, each.line, each.kind))


def _marks(code: Code, touched: Touched) -> Iterator[Suggestion]:
    for number, line in enumerate(code.text(touched.path).split("\n"), 1):
        mark = _MARK.search(line)
        if mark and any(near in touched.lines for near in range(number - NEAR, number + NEAR + 1)):
            added = number in touched.lines
            words = f"{'the change leaves' if added else 'next to the change stands'}: {mark[0].strip()[:100]}"
            yield Suggestion("todo", touched.path, number, words, 0.9 if added else 0.5)


def _callers(code: Code, symbol: Symbol, touched: Touched, change: Sequence[Touched]) -> Iterator[Suggestion]:
    """Yield the callers of a function whose signature is not as before, where the change does not touch them."""
    if not _signature_changed(symbol, touched.before):
        return
    lines = {each.path: each.lines for each in change}
    for edge in code.callers(symbol)[:MOST_CALLERS]:
        caller = edge.source
        if edge.confidence < SURE or lines.get(caller.path, frozenset()) & set(
            range(caller.line, caller.end_line + 1)
        ):
            continue
        what = f"{caller.qualified or caller.path} calls {symbol.qualified}, whose signature changed"
        yield Suggestion("caller", caller.path, caller.line, what, round(0.9 * edge.confidence, 2))


def _signature_changed(symbol: Symbol, before: str) -> bool:
    name = re.search(rf"\b{re.escape(symbol.name)}\s*\(", before)
    return bool(name and symbol.signature) and _bare(symbol.signature) not in _bare(before)


def _bare(text: str) -> str:
    return re.sub(r"[\s,]", "", text)


def _untested(code: Code, symbol: Symbol) -> Iterator[Suggestion]:
    if not symbol.name.startswith("_") and not code.tests(symbol):
        what = f"no test is known that exercises {symbol.qualified}"
        yield Suggestion("test", symbol.path, symbol.line, what, 0.6 if symbol.complexity > 1 else 0.4)


def _undocumented(mine: Sequence[Symbol], symbols: Sequence[Symbol]) -> Iterator[Suggestion]:
    others = [each for each in symbols if each not in mine and not each.name.startswith("_")]
    if len(others) < 2 or sum(bool(each.doc) for each in others) < DOCUMENTED * len(others):
        return
    for symbol in mine:
        if not symbol.doc and not symbol.name.startswith("_"):
            what = f"{symbol.qualified} has no documentation; the others here have"
            yield Suggestion("docs", symbol.path, symbol.line, what, 0.5)
