"""The whole graph of a repository at once, for programs or a picture: folders, files, symbols, and what ties them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from journeyman.codebase.contract import Edge, Kind, Relation, Symbol
from journeyman.codebase.digesting import SYMBOL_BITS
from journeyman.codebase.graph import Graph, surest_first
from journeyman.codebase.mapped import FILE, FOLDER, CodeMap, Link, Node
from journeyman.codebase.parsing import CLASSES, FUNCTIONS, KINDS
from journeyman.codebase.paths import is_test
from journeyman.codebase.viewing import Row, View, kinds_of

_CALLABLE = kinds_of(FUNCTIONS | CLASSES)
_NUMBER = (1 << SYMBOL_BITS) - 1


class Extent(msgspec.Struct, frozen=True):
    """How much of a graph is told: so many files, symbols and edges, of edges the surest; no edge that is less sure
    than `sure`; no symbols of the kinds `without`, whose edges are those of what they lie in; `tests` or none."""

    files: int = sys.maxsize
    symbols: int = sys.maxsize
    edges: int = sys.maxsize
    sure: float = 0.0
    without: frozenset[int] = kinds_of({Kind.MODULE})
    tests: bool = True


WHOLE = Extent()
PICTURE = Extent(
    20_000, 150_000, 300_000, 0.3, kinds_of({Kind.MODULE, Kind.KEY, Kind.SECTION, Kind.FIELD}), tests=False
)
"""What a page can still show. A click on it tells of tests by who calls."""


def code_map(view: View, graph: Graph, name: str, extent: Extent) -> CodeMap:
    """Return the graph of a view. The same tree gives the same map."""
    return _Drawing(view, graph, name, extent).drawn()


class _Drawing:
    """A map in the making."""

    def __init__(self, view: View, graph: Graph, name: str, extent: Extent) -> None:
        self._view, self._graph, self._extent = view, graph, extent
        self._nodes: list[Node] = [Node(FOLDER, name, -1, "")]
        self._lines = [0]
        self._folders = {"": 0}
        self._files: dict[str, int] = {}
        self._symbols: dict[int, int] = {}
        self._left_out: dict[str, int] = {}

    def drawn(self) -> CodeMap:
        paths = sorted(self._view.contents)
        for path in paths[: self._extent.files]:
            self._add_file(path)
        self._count_out("files", len(paths) - self._extent.files)
        found = sorted(set(self._edges()), key=lambda each: (-each[3], each[0], each[1], each[2]))
        self._count_out("edges", len(found) - self._extent.edges)
        edges = tuple(Link(*each) for each in found[: self._extent.edges])
        pairs = zip(self._nodes, self._lines, strict=True)
        return CodeMap(
            tuple(msgspec.structs.replace(node, lines=lines) for node, lines in pairs), edges, self._left_out
        )

    def _count_out(self, kind: str, count: int) -> None:
        if count > 0:
            self._left_out[kind] = self._left_out.get(kind, 0) + count

    def _add(self, node: Node, lines: int) -> int:
        self._nodes.append(node)
        self._lines.append(lines)
        return len(self._nodes) - 1

    def _folder(self, path: str) -> int:
        if path not in self._folders:
            before, _, name = path.rpartition("/")
            self._folders[path] = self._add(Node(FOLDER, name, self._folder(before), path), 0)
        return self._folders[path]

    def _add_file(self, path: str) -> None:
        content = self._view.contents[path]
        rows = self._view.rows_of(content)
        folder, _, name = path.rpartition("/")
        language, lines = self._view.languages.get(content, ""), rows[0][5] if rows else 0
        within = self._folder(folder)
        file = self._add(Node(FILE, name, within, path, 1, lines, 0, language, is_test(path)), lines)
        self._files[path] = file
        while within >= 0:
            self._lines[within] += lines
            within = self._nodes[within].parent
        first = path == self._view.paths[content][0]
        numbers = {0: file}
        for row in rows:
            id, within = row[0], numbers.get(row[3], file)
            if row[2] in self._extent.without:
                numbers[id & _NUMBER] = within
            elif len(self._nodes) - len(self._folders) - len(self._files) >= self._extent.symbols:
                self._count_out("symbols", 1)
                continue
            else:
                numbers[id & _NUMBER] = self._add_symbol(row, path, within)
            if first:
                self._symbols[id] = numbers[id & _NUMBER]
        if first:
            self._symbols.setdefault(content << SYMBOL_BITS, file)

    def _add_symbol(self, row: Row, path: str, within: int) -> int:
        _, name, kind, _, line, end_line, _ = row
        node = Node(KINDS[kind].value, name, within, path, line, end_line, symbol=self._view.qualified(row))
        return self._add(node, end_line - line + 1)

    def _edges(self) -> Iterator[tuple[int, int, Relation, float]]:
        for source, target, relation, sure in self._found():
            if source is not None and target is not None and source != target and sure >= self._extent.sure:
                yield source, target, relation, round(sure, 3)

    def _found(self) -> Iterator[tuple[int | None, int | None, Relation, float]]:
        calls = _Calls(self._view)
        for path, file in self._files.items():
            for edge in self._graph.imports(path):
                yield file, self._files.get(edge.target.path), Relation.IMPORTS, edge.confidence
            content = self._view.contents[path]
            if path != self._view.paths[content][0]:
                continue
            for source, target, relation, sure in self._graph.links(content):
                if relation is Relation.CALLS and self._extent.tests:
                    calls.add(source, target, sure)
                yield self._symbols.get(source, file), self._symbols.get(target), relation, sure
        for target, edge in self._tests(calls):
            yield self._symbols.get(edge.source.id), self._symbols.get(target), Relation.TESTS, edge.confidence

    def _tests(self, calls: _Calls) -> Iterator[tuple[int, Edge]]:
        for content in self._view.paths if self._extent.tests else ():
            for row in self._view.rows_of(content):
                if row[2] in _CALLABLE:
                    yield from ((row[0], edge) for edge in self._graph.tests(self._view.symbol(row), calls.to))


class _Calls:
    """Who calls what, once all calls are known: no file is looked through for each."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._sources: dict[int, list[tuple[int, float]]] = {}
        self._symbol = lru_cache(None)(lambda id: view.symbol(view.rows([id])[id]))
        self.to = lru_cache(None)(self._edges)

    def add(self, source: int, target: int, sure: float) -> None:
        self._sources.setdefault(target, []).append((source, sure))

    def _edges(self, symbol: Symbol) -> list[Edge]:
        edges = [
            Edge(self._symbol(id), symbol, Relation.CALLS, sure) for id, sure in self._sources.get(symbol.id, ())
        ]
        return sorted(edges, key=surest_first)
