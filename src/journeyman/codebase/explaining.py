"""Explains a place in the code: what is there, who calls it, what it needs, its tests, who changed it and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from journeyman.codebase.contract import Edge, Kind, Symbol
from journeyman.codebase.digesting import SYMBOL_BITS
from journeyman.codebase.graph import Graph
from journeyman.codebase.impact.coverage import Coverage
from journeyman.codebase.impact.regions import bits
from journeyman.codebase.mentions import mentions
from journeyman.codebase.parsing import CLASSES
from journeyman.codebase.paths import is_test
from journeyman.codebase.understanding import Explained, Tie
from journeyman.codebase.viewing import View
from journeyman.domain.changes import Told

MOST = 50
"""Ties of a kind that are told."""


def explain(
    view: View,
    graph: Graph,
    coverage: Coverage,
    symbol: Symbol,
    changes: Iterable[Told],
    read: Callable[[str], str],
) -> Explained:
    """Return what is known of a symbol; `changes` are those of its lines, `read` gives the text of a file."""
    told = tuple(changes)
    whole = symbol.kind is Kind.MODULE
    callers = graph.importers(symbol.path) if whole else graph.callers(symbol)
    needs = graph.imports(symbol.path) if whole else graph.callees(symbol)
    is_class = symbol.kind in CLASSES
    tests = _recorded(view, coverage, symbol)
    used = {edge.source.place for edge in callers}
    return Explained(
        symbol=symbol,
        holds=tuple(_held(view, symbol)),
        callers=_sources(edge for edge in callers if not is_test(edge.source.path)),
        mentions=mentions(view, graph, read, symbol, used)[:MOST],
        needs=_targets(needs),
        bases=_targets(graph.bases(symbol)) if is_class else (),
        subclasses=_sources(graph.subclasses(symbol)) if is_class else (),
        tests=tests or _sources(_tests(graph, symbol, callers)),
        recorded=bool(tests),
        changes=told,
        authors=dict(Counter(each.author for each in told).most_common()),
    )


def _tests(graph: Graph, symbol: Symbol, callers: list[Edge]) -> list[Edge]:
    if symbol.kind is Kind.MODULE:
        return [edge for edge in callers if is_test(edge.source.path)]
    return graph.tests(symbol)


def _held(view: View, symbol: Symbol) -> list[Symbol]:
    number = symbol.id & (1 << SYMBOL_BITS) - 1
    rows = view.rows_of(symbol.id >> SYMBOL_BITS)
    return [view.symbol(row, symbol.path) for row in rows[1:] if row[3] == number and row[0] != symbol.id]


def _recorded(view: View, coverage: Coverage, symbol: Symbol) -> tuple[Tie, ...]:
    """Return the tests that were seen to run the lines of a symbol, the quickest first."""
    first = symbol.line if symbol.kind is Kind.MODULE else symbol.line + 1
    wanted = bits(first, symbol.end_line)
    ran = coverage.ran(symbol.path, view.blobs.get(symbol.path, "-"))
    tests = sorted(
        (coverage.tests[number] for number, lines in ran.items() if lines & wanted), key=lambda t: t.seconds
    )
    return tuple(Tie(test.name, 0, 1.0) for test in tests)


def _sources(edges: Iterable[Edge]) -> tuple[Tie, ...]:
    return _ties((edge.source, edge.confidence) for edge in edges)


def _targets(edges: Iterable[Edge]) -> tuple[Tie, ...]:
    return _ties((edge.target, edge.confidence) for edge in edges)


def _ties(found: Iterable[tuple[Symbol, float]]) -> tuple[Tie, ...]:
    ties = {symbol.place: Tie(symbol.place, symbol.line, round(sure, 3)) for symbol, sure in found}
    return tuple(list(ties.values())[:MOST])
