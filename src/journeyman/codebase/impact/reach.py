"""Who needs what a change touches: files by their imports, symbols by calls and inheritance, tests by either."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from journeyman.codebase.contract import Kind, Symbol
from journeyman.codebase.digesting import SYMBOL_BITS
from journeyman.codebase.graph import Graph
from journeyman.codebase.impact.contract import Reached
from journeyman.codebase.parsing import CLASSES
from journeyman.codebase.paths import is_test
from journeyman.codebase.viewing import View, kinds_of
from journeyman.codebase.words import terms_of

MOST_REACHED = 400
FARTHEST = 4
"""Calls from what is touched."""

FAINTEST = 0.15
"""Confidence below which nothing is followed."""

_TESTS = kinds_of({Kind.TEST, Kind.SUITE})
_DYNAMIC = ("import_module", "spec_from_file_location", "iter_modules", "load_module", "exec_module")


class Reach:
    """What leads to files and symbols of a view."""

    def __init__(self, view: View, graph: Graph) -> None:
        self.view = view
        self.graph = graph

    @cached_property
    def _importers(self) -> dict[str, set[str]]:
        """The files that import each file, and with it the packages that it is in."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, content in self.view.contents.items():
            if self.view.languages.get(content):
                for edge in self.graph.imports(path):
                    for target in self.view.paths[edge.target.id >> SYMBOL_BITS]:
                        found[target].add(path)
                        for package in self._packages(target):
                            found[package].add(path)
        return found

    def _packages(self, path: str) -> list[str]:
        folders = path.split("/")[:-1]
        found = ["/".join([*folders[:end], "__init__.py"]) for end in range(1, len(folders) + 1)]
        return [package for package in found if package in self.view.contents and package != path]

    def importing(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the files that import some, near or far, and these themselves, with the imports in between."""
        found = dict.fromkeys(paths, 0)
        front, steps = list(found), 0
        while front:
            steps += 1
            nearest = {other for path in front for other in self._importers.get(path, ())} - found.keys()
            found |= dict.fromkeys(nearest, steps)
            front = sorted(nearest)
        return found

    def calling(self, symbols: Iterable[Symbol]) -> list[Reached]:
        """Return who calls or inherits from some symbols, near and far, the nearest first."""
        found: dict[int, Reached] = {}
        known = {symbol.id for symbol in symbols}
        front = [(symbol, 1.0) for symbol in symbols]
        for steps in range(1, FARTHEST + 1):
            nearest: dict[int, tuple[Symbol, float]] = {}
            for symbol, sure in front:
                for edge in self._edges(symbol):
                    confidence = round(edge[1] * sure, 3)
                    if confidence < FAINTEST or edge[0].id in known or len(found) >= MOST_REACHED:
                        continue
                    known.add(edge[0].id)
                    nearest[edge[0].id] = edge[0], confidence
                    found[edge[0].id] = Reached(edge[0].place, steps, confidence, symbol.place)
            front = list(nearest.values())
        return list(found.values())

    def _edges(self, symbol: Symbol) -> list[tuple[Symbol, float]]:
        if symbol.kind is Kind.MODULE:
            return []
        found = self.graph.callers(symbol)
        if symbol.kind in CLASSES:
            found += self.graph.subclasses(symbol)
        return [(edge.source, edge.confidence) for edge in found]

    def mentioning(self, name: str) -> list[tuple[str, int, int]]:
        """Return where a name is mentioned: path, first and last line of each symbol."""
        rows = self.view.rows(list(dict.fromkeys(self.graph.naming(name))))
        return [
            (path, row[4], row[5])
            for id, row in rows.items()
            if id & (1 << SYMBOL_BITS) - 1
            for path in self.view.paths.get(id >> SYMBOL_BITS, ())
        ]

    def by_name_at_run_time(self, paths: set[str]) -> list[str]:
        """Return those of some files that import modules whose names they work out when they run."""
        found: set[str] = set()
        for name in _DYNAMIC:
            posting = self.view.postings(terms_of(name)[0])
            for id in posting[0] if posting else ():
                found.update(path for path in self.view.paths.get(id >> SYMBOL_BITS, ()) if path in paths)
        return sorted(found)

    @cached_property
    def test_files(self) -> list[str]:
        """The files with tests."""
        return [
            path
            for path, content in self.view.contents.items()
            if is_test(path) and any(row[2] in _TESTS for row in self.view.rows_of(content))
        ]
