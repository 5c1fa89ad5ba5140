"""Who calls, imports, inherits and tests what: worked out from names and imports when it is asked, never stored.

An edge is as sure as what it rests on: an import that names the target, the class that `self` is of, or nothing but
that only one symbol of the repository has the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from journeyman.codebase.contract import Edge, Kind, Relation, Symbol
from journeyman.codebase.digesting import SYMBOL_BITS
from journeyman.codebase.importing import NAMED, Imports
from journeyman.codebase.languages import family_of
from journeyman.codebase.parsing import CLASSES, FUNCTIONS, SEPARATORS, Import
from journeyman.codebase.paths import is_test
from journeyman.codebase.viewing import ENTRANCES, Row, View, kinds_of
from journeyman.codebase.words import Terms, mute_term

_NUMBER = (1 << SYMBOL_BITS) - 1
_CLASSES = kinds_of(CLASSES)
_CALLABLE = kinds_of(FUNCTIONS | CLASSES)
_OWN = frozenset({"self", "this", "cls", "super", "Self", "static", "parent"})
_SILENT_THIS = frozenset({"java", "kotlin", "csharp", "swift", "cpp", "ruby"})
_OF_ONE_FOLDER = frozenset({"go", "java", "kotlin", "csharp", "swift", "php"})

MOST_TARGETS = 10
"""A name that more symbols have tells nothing."""

MOST_CALLS = 60
"""Calls of one symbol that are followed from an issue."""

INHERITED, SAME_FILE, BY_CLASS, BESIDE, PACKAGE, WILDCARD, ONLY_ONE, ONE_OF = (
    0.85,
    0.9,
    0.85,
    0.85,
    0.75,
    0.6,
    0.6,
    0.4,
)


class Graph:
    """The relations of a view's symbols."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._terms = Terms()
        self._imported = Imports(view).targets
        self._named = lru_cache(5_000)(self._callable)
        self._named_here = lru_cache(5_000)(self._renamed)
        self._above = lru_cache(5_000)(self._ancestors)
        self._class_of = lru_cache(50_000)(self._found_class)

    def symbols(self, name: str) -> list[Symbol]:
        """Return the symbols of a name, without what they lie in."""
        return [self._view.symbol(row) for row in self._view.named(name) if row[1] == name]

    def callees(self, symbol: Symbol) -> list[Edge]:
        """Return what a symbol calls."""
        content = symbol.id >> SYMBOL_BITS
        calls = self._view.details(content).calls.get(symbol.id & _NUMBER, [])
        found = ((row, sure) for call in calls for row, sure in self._targets(content, symbol.id, call))
        return [self._edge(symbol, row, Relation.CALLS, sure) for row, sure in _surest(found)]

    def called_from(self, id: int) -> Iterator[tuple[int, float]]:
        """Yield the ids of what a symbol calls, with how sure that is."""
        content = id >> SYMBOL_BITS
        calls = self._view.details(content).calls.get(id & _NUMBER, [])
        for row, sure in _surest(pair for call in calls[:MOST_CALLS] for pair in self._targets(content, id, call)):
            if row[0] != id:
                yield row[0], sure

    def callers(self, symbol: Symbol) -> list[Edge]:
        """Return who calls a symbol."""
        edges = []
        for content in self.mentioning(symbol.name):
            for number, calls in self._view.details(content).calls.items():
                source = content << SYMBOL_BITS | number
                sure = max((self._hits(content, source, call, symbol) for call in calls), default=0.0)
                if sure and source != symbol.id:
                    edges.append(Edge(self._symbol(source), symbol, Relation.CALLS, sure))
        return sorted(edges, key=surest_first)

    def _hits(self, content: int, source: int, call: str, symbol: Symbol) -> float:
        if call.rpartition(".")[2] != symbol.name and self._named_here(content).get(call) != symbol.name:
            return 0.0
        return next((sure for row, sure in self._targets(content, source, call) if row[0] == symbol.id), 0.0)

    def links(self, content: int) -> Iterator[tuple[int, int, Relation, float]]:
        """Yield what a content's symbols call and inherit from: the ids of both, the relation, its confidence."""
        details = self._view.details(content)
        named: tuple[tuple[Relation, Mapping[int, Iterable[str]]], ...] = (
            (Relation.CALLS, details.calls),
            (Relation.INHERITS, details.bases),
        )
        for relation, by_number in named:
            for number, names in by_number.items():
                source = content << SYMBOL_BITS | number
                found = (pair for name in names for pair in self._targets(content, source, name))
                for row, sure in _surest(found):
                    if row[0] != source and (relation is Relation.CALLS or row[2] in _CLASSES):
                        yield source, row[0], relation, sure

    def bases(self, symbol: Symbol) -> list[Edge]:
        """Return the classes that a class inherits from, as far as they are in the repository."""
        content = symbol.id >> SYMBOL_BITS
        names = self._view.details(content).bases.get(symbol.id & _NUMBER, ())
        found = (pair for name in names for pair in self._targets(content, symbol.id, name) if pair[0][2] in _CLASSES)
        return [self._edge(symbol, row, Relation.INHERITS, sure) for row, sure in _surest(found)]

    def subclasses(self, symbol: Symbol) -> list[Edge]:
        """Return the classes that inherit from a class."""
        edges = []
        for content in self.mentioning(symbol.name):
            for number, names in self._view.details(content).bases.items():
                source = content << SYMBOL_BITS | number
                sure = max((self._hits(content, source, name, symbol) for name in names), default=0.0)
                if sure:
                    edges.append(Edge(self._symbol(source), symbol, Relation.INHERITS, sure))
        return sorted(edges, key=surest_first)

    def imports(self, path: str) -> list[Edge]:
        """Return the files of the repository that a file imports."""
        content = self._view.contents[path]
        source = self._symbol(content << SYMBOL_BITS, path)
        found: dict[int, float] = {}
        for each in self._view.details(content).imports:
            for target, sure in self._imported(content, each):
                found[target] = max(sure, found.get(target, 0.0))
        return [
            Edge(source, self._symbol(target << SYMBOL_BITS), Relation.IMPORTS, sure)
            for target, sure in found.items()
            if target != content
        ]

    def importers(self, path: str) -> list[Edge]:
        """Return the files that import a file."""
        content = self._view.contents[path]
        stem = _stem(path)
        edges = []
        for other in self.mentioning(stem):
            if other == content:
                continue
            sure = max(
                (sure for each in self._view.details(other).imports for to, sure in self._imported(other, each)
                 if to == content), default=0.0,
            )  # fmt: skip
            if sure:
                target = self._symbol(content << SYMBOL_BITS, path)
                edges.append(Edge(self._symbol(other << SYMBOL_BITS), target, Relation.IMPORTS, sure))
        return sorted(edges, key=lambda edge: (-edge.confidence, edge.source.path))

    def tests(self, symbol: Symbol, callers: Callable[[Symbol], list[Edge]] | None = None) -> list[Edge]:
        """Return the tests that exercise a symbol: by a call, by one of its methods, or through one more caller.

        `callers` tells what the method of that name does, where it is known already.
        """
        callers = callers or self.callers
        found: dict[int, Edge] = {}
        near = [*callers(symbol)]
        if symbol.kind in CLASSES:
            rows = self._view.rows_of(symbol.id >> SYMBOL_BITS)
            members = [row for row in rows if row[3] == symbol.id & _NUMBER and row[2] in _CALLABLE]
            near += [edge for row in members[:40] for edge in callers(self._view.symbol(row))]
        beyond = [
            Edge(far.source, symbol, far.relation, far.confidence * edge.confidence * 0.7)
            for edge in near[:40]
            if not _is_test(edge.source)
            and edge.source.kind is not Kind.MODULE
            and len(self._named(edge.source.name, family_of(edge.source.language))) <= MOST_TARGETS
            for far in callers(edge.source)
        ]
        for edge in (*near, *beyond):
            known = found.get(edge.source.id)
            if _is_test(edge.source) and (known is None or known.confidence < edge.confidence):
                found[edge.source.id] = Edge(edge.source, symbol, Relation.TESTS, round(edge.confidence, 3))
        return sorted(found.values(), key=surest_first)

    def _edge(self, source: Symbol, row: Row, relation: Relation, sure: float) -> Edge:
        return Edge(source, self._view.symbol(row), relation, sure)

    def _symbol(self, id: int, path: str = "") -> Symbol:
        return self._view.symbol(self._view.rows([id])[id], path)

    def mentioning(self, name: str) -> list[int]:
        """Return the contents that a name stands in."""
        return list(dict.fromkeys(id >> SYMBOL_BITS for id in self.naming(name)))

    def naming(self, name: str) -> list[int]:
        """Return the ids of the symbols that a name stands in."""
        terms = self._terms[name]
        found = self._view.postings(terms[0] if terms else mute_term(name))
        return list(found[0]) if found else []

    def _callable(self, name: str, family: str) -> list[Row]:
        """Return what may be called by a name in a family of languages."""
        rows = (row for row in self._view.named(name) if row[1] == name and row[2] in _CALLABLE)
        return [row for row in rows if self._family(row[0] >> SYMBOL_BITS) == family]

    def _family(self, content: int) -> str:
        return family_of(self._view.languages.get(content, ""))

    def _renamed(self, content: int) -> dict[str, str]:
        """Return what a file's own names stand for that its imports give."""
        imports = self._view.details(content).imports
        return {each.alias: each.imported for each in imports if each.alias and each.imported}

    def _targets(self, content: int, source: int, call: str) -> list[tuple[Row, float]]:
        """Return what a call may mean, the surest meanings only."""
        before, dot, name = call.rpartition(".")
        rows = self._named(name if dot else self._named_here(content).get(name, name), self._family(content))
        if not rows:
            return []
        own = [row for row in rows if row[0] >> SYMBOL_BITS == content]
        if dot:
            return self._of_qualifier(content, source, before.rpartition(".")[2], rows)
        plain = [row for row in own if self._class_of(row) is None]
        if plain:
            return [(row, SAME_FILE) for row in plain]
        return (
            self._of_own_class(content, source, rows)
            or self._by_import(content, name, rows)
            or self._beside(content, rows)
            or self._by_name_alone(content, rows)
        )

    def _of_own_class(self, content: int, source: int, rows: list[Row]) -> list[tuple[Row, float]]:
        """Return the methods that a plain call means in languages where `this` may be left out."""
        return self._of_class(source, rows) if self._view.languages.get(content) in _SILENT_THIS else []

    def _of_class(self, source: int, rows: list[Row]) -> list[tuple[Row, float]]:
        mine = self._class_around(source)
        if mine is None:
            return []
        own = [(row, NAMED) for row in rows if self._class_of(row) == mine]
        if own or self._view.rows([source])[source][2] in _CLASSES:  # a class is asked for what it inherits from
            return own
        above = self._above(mine)
        return [(row, INHERITED) for row in rows if self._class_of(row) in above]

    def _beside(self, content: int, rows: list[Row]) -> list[tuple[Row, float]]:
        """Return what a plain name means in languages where the files of a folder see each other."""
        language = self._view.languages.get(content)
        if language not in _OF_ONE_FOLDER:
            return []
        folder = self._folder(content)
        near = [
            row
            for row in rows
            if self._folder(row[0] >> SYMBOL_BITS) == folder
            and self._view.languages.get(row[0] >> SYMBOL_BITS) == language
            and self._class_of(row) is None
        ]
        return [(row, BESIDE / len(near)) for row in near[:MOST_TARGETS]]

    def _folder(self, content: int) -> str:
        return self._view.paths[content][0].rpartition("/")[0]

    def _of_qualifier(self, content: int, source: int, before: str, rows: list[Row]) -> list[tuple[Row, float]]:
        if before in _OWN and self._class_around(source) is not None:
            return self._of_class(source, rows)
        imported = [each for each in self._view.details(content).imports if before and before in _names_of(each)]
        for each in imported:
            modules = {target for target, _ in self._imported(content, each)}
            found = [(row, NAMED) for row in rows if row[0] >> SYMBOL_BITS in modules]
            if found:
                return found
        by_class = [row for row in rows if before and self._class_name(row) == before]
        if by_class:
            return [(row, BY_CLASS / len(by_class)) for row in by_class[:MOST_TARGETS]]
        return self._by_name_alone(content, [row for row in rows if row[2] not in _CLASSES])

    def _by_import(self, content: int, name: str, rows: list[Row]) -> list[tuple[Row, float]]:
        """Return the rows that an import of the file leads to."""
        wild: list[tuple[Row, float]] = []
        for each in self._view.details(content).imports:
            named = name in (each.imported, each.alias) or name == SEPARATORS.split(each.module)[-1]
            if not (named or each.imported == "*" or (not each.imported and not each.alias)):
                continue
            modules = dict(self._imported(content, each))
            found = [(row, modules[row[0] >> SYMBOL_BITS]) for row in rows if row[0] >> SYMBOL_BITS in modules]
            if named and found:
                return found
            if named:
                return self._below(modules, rows)
            wild += [(row, WILDCARD) for row, _ in found]
        return wild

    def _below(self, modules: Iterable[int], rows: list[Row]) -> list[tuple[Row, float]]:
        """Return the rows in the folder of a module that passes on what others define."""
        folders = {self._view.paths[module][0].rpartition("/")[0] + "/" for module in modules}
        found = [row for row in rows if self._view.paths[row[0] >> SYMBOL_BITS][0].startswith(tuple(folders))]
        return [(row, PACKAGE / len(found)) for row in found[:MOST_TARGETS]] if folders else []

    def _by_name_alone(self, content: int, rows: list[Row]) -> list[tuple[Row, float]]:
        language = self._view.languages.get(content)
        alike = [row for row in rows if self._view.languages.get(row[0] >> SYMBOL_BITS) == language]
        if len(alike) > MOST_TARGETS:
            return []
        return [(row, ONLY_ONE if len(alike) == 1 else round(ONE_OF / len(alike), 3)) for row in alike]

    def _found_class(self, row: Row) -> tuple[str, int] | None:
        """Return the name of the class that a symbol lies in, and its content; None if it lies in none."""
        content = row[0] >> SYMBOL_BITS
        owner = self._view.details(content).owners.get(row[0] & _NUMBER)
        if owner:
            return owner, content
        if not row[3]:
            return None
        parent = self._view.rows([content << SYMBOL_BITS | row[3]])[content << SYMBOL_BITS | row[3]]
        return (parent[1], content) if parent[2] in _CLASSES else None

    def _class_name(self, row: Row) -> str:
        found = self._class_of(row)
        return found[0] if found else ""

    def _class_around(self, id: int) -> tuple[str, int] | None:
        content = id >> SYMBOL_BITS
        row = self._view.rows([id])[id]
        while True:
            found = (row[1], content) if row[2] in _CLASSES else self._class_of(row)
            if found or not row[3]:
                return found
            row = self._view.rows([content << SYMBOL_BITS | row[3]])[content << SYMBOL_BITS | row[3]]

    def _ancestors(self, mine: tuple[str, int]) -> set[tuple[str, int]]:
        """Return the classes that a class inherits from, near and far."""
        found: set[tuple[str, int]] = set()
        waiting = [mine]
        while waiting and len(found) < 100:
            name, content = waiting.pop()
            for row in self._view.rows_of(content):
                if row[1] != name or row[2] not in _CLASSES:
                    continue
                for edge in self.bases(self._view.symbol(row)):
                    above = edge.target.name, edge.target.id >> SYMBOL_BITS
                    if above not in found:
                        found.add(above)
                        waiting.append(above)
        return found


def surest_first(edge: Edge) -> tuple[float, str]:
    """Order edges to one target."""
    return -edge.confidence, edge.source.place


def _names_of(each: Import) -> tuple[str, ...]:
    """Return the names that an import gives in a file."""
    last = SEPARATORS.split(each.module.rstrip("./"))[-1]
    return tuple(name for name in (each.alias or each.imported or last, last) if name)


def _stem(path: str) -> str:
    name = path.rpartition("/")[2].partition(".")[0]
    return path.split("/")[-2] if name in ENTRANCES and "/" in path else name


def _surest(found: Iterable[tuple[Row, float]]) -> list[tuple[Row, float]]:
    """Return each target once, the surest first."""
    best: dict[int, tuple[Row, float]] = {}
    for row, sure in found:
        if row[0] not in best or best[row[0]][1] < sure:
            best[row[0]] = row, sure
    return sorted(best.values(), key=lambda pair: (-pair[1], pair[0][0]))


def _is_test(symbol: Symbol) -> bool:
    """Tell whether a symbol is a test, or of a file of tests: those of some languages stand beside what they test."""
    return symbol.kind is Kind.TEST or is_test(symbol.path)
