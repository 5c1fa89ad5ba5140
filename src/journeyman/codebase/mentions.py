"""Finds where a name stands without being called: in tables, arguments, annotations, assignments."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from journeyman.codebase.contract import Kind, Symbol
from journeyman.codebase.digesting import SYMBOL_BITS
from journeyman.codebase.graph import MOST_TARGETS, ONE_OF, ONLY_ONE, SAME_FILE, Graph
from journeyman.codebase.importing import NAMED
from journeyman.codebase.paths import is_test
from journeyman.codebase.searching import holding
from journeyman.codebase.understanding import Tie
from journeyman.codebase.viewing import View

MOST_FILES = 200
"""Files that are read for a name."""

_NO_USE = re.compile(
    r"\s*(?:(?:from|import|use|using|require|require_relative|include|package|export\s*[{*])\b|#\s*include\b"
    r"|#|//|\*|/\*|--|;|[\w$]+(?:\s+as\s+[\w$]+)?,?\)?\s*$)"
)
"""The beginning of a line that imports, or comments, or holds one name of a list of imports."""


def mentions(
    view: View, graph: Graph, read: Callable[[str], str], symbol: Symbol, told: Collection[str]
) -> tuple[Tie, ...]:
    """Return who names a symbol of the program, but those that are `told` already; the surest first."""
    if symbol.kind is Kind.MODULE or not symbol.name.isidentifier():
        return ()
    importing = {edge.source.path for edge in graph.importers(symbol.path)}
    alike = sum(each.language == symbol.language for each in graph.symbols(symbol.name))
    by_name = ONLY_ONE if alike <= 1 else round(ONE_OF / alike, 3) if alike <= MOST_TARGETS else 0.0
    found: dict[str, Tie] = {}
    for content in graph.mentioning(symbol.name)[:MOST_FILES]:
        path = view.paths[content][0]
        sure = SAME_FILE if path == symbol.path else NAMED if path in importing else by_name
        if not sure or is_test(path) or view.languages.get(content) != symbol.language:
            continue
        rows = view.rows_of(content)
        for line in _lines(read(path), symbol, path):
            around = holding(rows, line)
            name = view.qualified(around) if around[0] & (1 << SYMBOL_BITS) - 1 else ""
            place = f"{path}:{name}" if name else path
            if place not in told and place != symbol.place:
                found.setdefault(place, Tie(place, line, sure))
    return tuple(sorted(found.values(), key=lambda tie: (-tie.confidence, tie.place)))


def _lines(text: str, symbol: Symbol, path: str) -> Iterator[int]:
    """Yield the lines of a text that name a symbol, where it is neither defined nor called nor imported."""
    named = re.compile(rf"(?<!\w){re.escape(symbol.name)}(?!\w|\s*\()")
    own = range(symbol.line, symbol.end_line + 1) if path == symbol.path else range(0)
    for number, line in enumerate(text.split("\n"), 1):
        if number not in own and named.search(line) and not _NO_USE.match(line):
            yield number
