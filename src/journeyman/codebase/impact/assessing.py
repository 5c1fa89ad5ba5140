"""Puts together what is known of a change."""

from __future__ import annotations

from collections.abc import Iterable

from journeyman.codebase.contract import Kind, Symbol
from journeyman.codebase.digesting import SYMBOL_BITS
from journeyman.codebase.graph import Graph
from journeyman.codebase.history import Past
from journeyman.codebase.impact.contract import ChangeOf, Impact, Interface, Reached, TestsToRun, Touched
from journeyman.codebase.impact.coverage import Coverage
from journeyman.codebase.impact.lines import Lines
from journeyman.codebase.impact.reach import Reach
from journeyman.codebase.impact.regions import bits
from journeyman.codebase.impact.risk import Facts, judge
from journeyman.codebase.impact.selecting import Selection, blob_of
from journeyman.codebase.impact.touching import Change, touched
from journeyman.codebase.paths import is_test
from journeyman.codebase.viewing import View
from journeyman.domain.changes import Side

LIKELY = 0.3
"""From which confidence on a call counts: many methods have the same name."""

MOST_CALLERS_NAMED = 20


class Assessing:
    """Judges changes of one view."""

    def __init__(self, view: View, graph: Graph, past: Past, coverage: Coverage) -> None:
        self._view = view
        self._graph = graph
        self._past = past
        self._coverage = coverage
        self._reach = Reach(view, graph)

    def tests(self, sides: list[Side], share: float | None = None) -> TestsToRun:
        """Return the tests that a change asks for; see `Selection`."""
        return Selection(sides, self._coverage, self._reach).choice(share)

    def impact(self, sides: list[Side], share: float | None = None) -> Impact:
        """Return what a change touches, directly and through the graph, its tests and its risk."""
        lines = [Lines(side) for side in sides]
        changes = [change for each in lines for change in touched(each)]
        known = {change.place: self._symbol(change) for change in changes}
        symbols = [symbol for symbol in known.values() if symbol is not None]
        reached = self._reach.calling(symbols) + self._importing(sides)
        choice = self.tests(sides, share)
        blobs = {side.path: blob_of(side.old) for side in sides if side.old is not None}
        told = tuple(self._told(change, known[change.place], blobs) for change in changes)
        interfaces = tuple(self._interfaces(changes, known))
        files = {side.path: _change_of(side) for side in sides}
        size = sum(len(each.before) + len(each.after) for each in lines)
        facts = Facts(files, told, interfaces, len(reached), size, self._past, choice.doubts)
        risk, reasons = judge(facts)
        return Impact(files, told, interfaces, tuple(reached), choice, risk, reasons)

    def _symbol(self, change: Change) -> Symbol | None:
        """Return the index's symbol of one that a change touches; None where the tree has it no more."""
        content = self._view.contents.get(change.path)
        if content is None:
            return None
        for row in self._view.rows_of(content):
            if row[1] == change.name.rpartition(".")[2] and self._view.qualified(row) == change.name:
                return self._view.symbol(row, change.path)
        return None

    def _importing(self, sides: Iterable[Side]) -> list[Reached]:
        """Return the files that import changed ones."""
        found = []
        changed = {side.path for side in sides}
        for path in sorted(changed & self._view.contents.keys()):
            for edge in self._graph.importers(path):
                if edge.source.path not in changed:
                    found.append(Reached(edge.source.path, 1, edge.confidence, path))
        return list({each.place: each for each in found}.values())

    def _told(self, change: Change, symbol: Symbol | None, blobs: dict[str, str]) -> Touched:
        callers, tests = self._callers(symbol), self._running(change, symbol, blobs.get(change.path, ""))
        return Touched(
            change.place, change.kind.value, change.change, change.line, change.public, len(callers), tests
        )

    def _callers(self, symbol: Symbol | None) -> list[str]:
        if symbol is None or symbol.kind in (Kind.TEST, Kind.SUITE):
            return []
        likely = [edge for edge in self._graph.callers(symbol) if edge.confidence >= LIKELY]
        return list(dict.fromkeys(edge.source.place for edge in likely))

    def _running(self, change: Change, symbol: Symbol | None, blob: str) -> int:
        """Return how many tests are known to exercise a symbol: by what was recorded, or else by calls."""
        if change.kind in (Kind.CONSTANT, Kind.FIELD) or is_test(change.path):
            return 0
        inside = bits(change.span[0] + 1, change.span[1]) if change.span[0] else 0
        recorded = sum(bool(lines & inside) for lines in self._coverage.ran(change.path, blob or "-").values())
        return recorded or (len(self._graph.tests(symbol)) if symbol is not None else 0)

    def _interfaces(self, changes: list[Change], known: dict[str, Symbol | None]) -> Iterable[Interface]:
        places = {change.place for change in changes}
        for change in changes:
            if not (change.public and change.declares_otherwise):
                continue
            symbol = known[change.place]
            callers = self._callers(symbol) if symbol is not None else self._naming(change)
            outside = tuple(
                place for place in callers if place not in places and not is_test(place.partition(":")[0])
            )
            yield Interface(change.place, change.before, change.after, outside[:MOST_CALLERS_NAMED])

    def _naming(self, change: Change) -> list[str]:
        """Return who still calls something by the name of a symbol that is gone."""
        name = change.name.rpartition(".")[2]
        if any(row[0] >> SYMBOL_BITS in self._view.paths for row in self._view.named(name)):
            return []  # there is another one of the name
        found = []
        for path, _, _ in self._reach.mentioning(name):
            content = self._view.contents[path]
            for number, calls in self._view.details(content).calls.items():
                if any(call.rpartition(".")[2] == name for call in calls):
                    row = self._view.rows([content << SYMBOL_BITS | number])[content << SYMBOL_BITS | number]
                    found.append(self._view.symbol(row, path).place)
        return list(dict.fromkeys(found))


def _change_of(side: Side) -> ChangeOf:
    if side.old is None:
        return ChangeOf.ADDED
    return ChangeOf.REMOVED if side.new is None else ChangeOf.CHANGED
