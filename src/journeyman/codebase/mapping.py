"""The whole graph of a repository at once, for a picture of it: folders, files, symbols, and what ties them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from journeyman.codebase.contract import Kind, Relation
from journeyman.codebase.digesting import SYMBOL_BITS
from journeyman.codebase.graph import Graph
from journeyman.codebase.mapped import FILE, FOLDER, CodeMap, Link, Node
from journeyman.codebase.parsing import KINDS
from journeyman.codebase.paths import is_test
from journeyman.codebase.viewing import View

MOST_FILES, MOST_SYMBOLS, MOST_EDGES = 20_000, 150_000, 300_000
"""What a page can still show; of edges the surest, of files and symbols the first are kept."""

SURE = 0.3
"""An edge that is less sure is none."""

_UNSHOWN = frozenset(KINDS.index(kind) for kind in (Kind.MODULE, Kind.KEY, Kind.SECTION, Kind.FIELD))
_NUMBER = (1 << SYMBOL_BITS) - 1


def code_map(view: View, graph: Graph, name: str) -> CodeMap:
    """Return the graph of a view. The same tree gives the same map."""
    return _Drawing(view, graph, name).drawn()


class _Drawing:
    """A map in the making."""

    def __init__(self, view: View, graph: Graph, name: str) -> None:
        self._view, self._graph = view, graph
        self._nodes: list[Node] = [Node(FOLDER, name, -1, "")]
        self._lines = [0]
        self._folders = {"": 0}
        self._files: dict[str, int] = {}
        self._symbols: dict[int, int] = {}
        self._left_out: dict[str, int] = {}

    def drawn(self) -> CodeMap:
        paths = sorted(self._view.contents)
        for path in paths[:MOST_FILES]:
            self._add_file(path)
        self._count_out("files", len(paths) - MOST_FILES)
        found = sorted(set(self._edges()), key=lambda each: (-each[3], each[0], each[1], each[2]))
        self._count_out("edges", len(found) - MOST_EDGES)
        edges = tuple(Link(source, target, kind, sure) for source, target, kind, sure in found[:MOST_EDGES])
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
        for id, symbol, kind, parent, line, end_line, _ in rows:
            if kind in _UNSHOWN:
                numbers[id & _NUMBER] = numbers.get(parent, file)
            elif len(self._symbols) >= MOST_SYMBOLS:
                self._count_out("symbols", 1)
            else:
                node = Node(KINDS[kind].value, symbol, numbers.get(parent, file), path, line, end_line)
                numbers[id & _NUMBER] = self._add(node, end_line - line + 1)
                if first:
                    self._symbols[id] = numbers[id & _NUMBER]
        if first:
            self._symbols.setdefault(content << SYMBOL_BITS, file)

    def _edges(self) -> Iterator[tuple[int, int, Relation, float]]:
        for path, file in self._files.items():
            for edge in self._graph.imports(path):
                target = self._files.get(edge.target.path)
                if target is not None and edge.confidence >= SURE:
                    yield file, target, Relation.IMPORTS, edge.confidence
            content = self._view.contents[path]
            if path != self._view.paths[content][0]:
                continue
            for source, target_id, relation, sure in self._graph.links(content):
                ends = self._symbols.get(source, file), self._symbols.get(target_id)
                if ends[1] is not None and ends[0] != ends[1] and sure >= SURE:
                    yield ends[0], ends[1], relation, round(sure, 2)
