"""Which symbols a change touches, and which declarations that others rely on."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from journeyman.codebase.contract import Kind
from journeyman.codebase.impact.contract import ChangeOf
from journeyman.codebase.impact.lines import Lines
from journeyman.codebase.languages import language_of
from journeyman.codebase.parsing import CLASSES, FUNCTIONS, Found, parse
from journeyman.codebase.paths import is_aside, is_test

LONGEST_PARSED = 2_000_000

_DECLARED = FUNCTIONS | CLASSES | {Kind.CONSTANT, Kind.ROUTE}
_TOLD = _DECLARED | {Kind.SUITE, Kind.NAMESPACE, Kind.FIELD}


class Change(msgspec.Struct, frozen=True):
    """A symbol that a change touches: its declarations before and after, empty where it is not there; and
    the lines that it had before."""

    path: str
    name: str
    kind: Kind
    change: ChangeOf
    line: int
    before: str
    after: str
    span: tuple[int, int] = (0, 0)

    @property
    def place(self) -> str:
        """The symbol as `path:Class.function`."""
        return f"{self.path}:{self.name}"

    @property
    def public(self) -> bool:
        """Whether others may rely on it: no part of its name or path is marked as one's own."""
        parts = [*self.name.split("."), *self.path.rpartition(".")[0].split("/")]
        own = any(part.startswith("_") and not part.startswith("__") for part in parts)
        return not (own or is_test(self.path) or is_aside(self.path))

    @property
    def declares_otherwise(self) -> bool:
        """Whether something that was declared is gone, or is declared in another way."""
        return self.kind in _DECLARED and bool(self.before) and self.before != self.after


def touched(lines: Lines) -> list[Change]:
    """Return the symbols of one file that are new, gone, or have lines that changed; the innermost ones only."""
    old, new = _symbols(lines.path, lines.old), _symbols(lines.path, lines.new)
    marked = {**_marked(old, lines.before | lines.inserted), **_marked(new, lines.after)}
    found = []
    for name in sorted({*marked, *(old.keys() ^ new.keys())}):
        before, after = old.get(name), new.get(name)
        shown = after or before
        assert shown is not None
        if shown.kind not in _TOLD:
            continue
        change = ChangeOf.CHANGED if before and after else ChangeOf.ADDED if after else ChangeOf.REMOVED
        span = (before.line, before.end_line) if before else (0, 0)
        declared = _declared(before), _declared(after)
        found.append(Change(lines.path, name, shown.kind, change, shown.line, *declared, span))
    return found


def _symbols(path: str, text: str | None) -> dict[str, Found]:
    language = language_of(path)
    if text is None or not language or len(text) > LONGEST_PARSED:
        return {}
    symbols = parse(text.encode(errors="replace"), language, text.count("\n") + 1).symbols
    return {_qualified(symbols, number): each for number, each in enumerate(symbols) if number}


def _qualified(symbols: list[Found], number: int) -> str:
    each = symbols[number]
    names = [each.name] + ([each.owner] if each.owner else [])
    while each.parent:
        each = symbols[each.parent]
        names.append(each.name)
    return ".".join(reversed(names))


def _marked(symbols: dict[str, Found], lines: Iterable[int]) -> dict[str, Found]:
    """Return the innermost symbols of some lines."""
    found = {}
    spans = [(each.line, each.end_line, name, each) for name, each in symbols.items() if each.kind in _TOLD]
    for line in lines:
        around = [span for span in spans if span[0] <= line <= span[1]]
        if around:
            _, _, name, each = max(around, key=lambda span: (span[0], -span[1]))
            found[name] = each
    return found


def _declared(found: Found | None) -> str:
    if found is None:
        return ""
    if found.kind is Kind.CONSTANT:
        return found.name  # what it is worth is no declaration
    return found.signature or found.name
