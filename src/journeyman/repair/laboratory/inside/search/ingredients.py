"""What a file is made of, for templates to borrow: conditions, statements, calls and constants, the nearest first."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from .source import FUNCTIONS, Source

HERE, IN_CLASS, IN_FILE, IN_PACKAGE = 1.0, 0.6, 0.35, 0.15
"""What an ingredient counts by where it is from: the same function, the same class, file and package."""

_BOUND = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr)
_LONGEST = 80
_JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_TESTING = (ast.If, ast.While, ast.IfExp, ast.Assert)


class Piece(NamedTuple):
    """A node with its text and where it is from; `names` are those that it reads."""

    source: Source
    node: Any
    text: str
    names: frozenset[str]
    function: Any
    holder: Any

    def words(self, node: Any) -> str:
        """Return the text of a part."""
        return self.source.of(node)


class Ingredients:
    """The pieces of a file, gathered when they are first asked for. `beside` reads other modules of its package."""

    def __init__(self, source: Source, beside: Callable[[], Iterable[Ingredients]] = tuple) -> None:
        self.source = source
        self._beside = beside
        self._of_package: dict[str, list[Piece]] = {}

    @cached_property
    def beside(self) -> list[Ingredients]:
        """The other modules of the package."""
        return list(self._beside())

    def of_package(self, kind: str) -> list[Piece]:
        """Return the pieces of a kind that other modules of the package have and this one has not, each text once."""
        if kind not in self._of_package:
            own = {piece.text for piece in getattr(self, kind)}
            every = (piece for module in self.beside for piece in getattr(module, kind) if piece.text not in own)
            self._of_package[kind] = list({piece.text: piece for piece in every}.values())
        return self._of_package[kind]

    @cached_property
    def _nodes(self) -> list[tuple[Any, Any, Any]]:
        """All nodes inside functions, each with its outermost function and class."""
        return [
            (node, function, holder)
            for function, holder in _functions(self.source.tree, None)
            for node in ast.walk(function)
        ]

    def _pieces(self, wanted: Callable[[Any], Iterator[Any]]) -> list[Piece]:
        found = []
        for node, function, holder in self._nodes:
            for part in wanted(node):
                text = self.source.of(part)
                if len(text) <= _LONGEST and "\n" not in text:
                    found.append(Piece(self.source, part, text, reads(part), function, holder))
        return found

    @cached_property
    def conditions(self) -> list[Piece]:
        """The parts of conditions that `and` and `or` join."""
        return self._pieces(_atoms)

    @cached_property
    def statements(self) -> list[Piece]:
        """Statements of one line that do something: assignments, calls, and jumps under a condition."""
        return self._pieces(_acts)

    @cached_property
    def calls(self) -> list[Piece]:
        """All calls."""
        return self._pieces(lambda node: iter([node] if isinstance(node, ast.Call) else []))

    @cached_property
    def calls_by_name(self) -> dict[str, list[Piece]]:
        """Calls by the name that is called."""
        found: dict[str, list[Piece]] = {}
        for piece in self.calls:
            found.setdefault(called(piece.node), []).append(piece)
        return found

    @cached_property
    def constants(self) -> list[Piece]:
        """Constants with a value of their own, texts of documentation left out."""
        return self._pieces(_values)

    @cached_property
    def guards(self) -> list[Piece]:
        """Conditions that lead to one jump and nothing else."""
        found = []
        for node, function, holder in self._nodes:
            if (
                isinstance(node, ast.If)
                and not node.orelse
                and len(node.body) == 1
                and isinstance(node.body[0], _JUMPS)
            ):
                test, jump = self.source.of(node.test), self.source.of(node.body[0])
                if "\n" not in test + jump and len(test + jump) <= _LONGEST:
                    found.append(Piece(self.source, node, f"if {test}: {jump}", reads(node), function, holder))
        return found

    @cached_property
    def attributes(self) -> dict[str, dict[str, list[Any]]]:
        """The attributes that are asked of expressions, by the expression's text, with the functions that do."""
        found: dict[str, dict[str, list[Any]]] = {}
        for node, function, _ in self._nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
                found.setdefault(self.source.of(node.value), {}).setdefault(node.attr, []).append(function)
        return found

    @cached_property
    def globals(self) -> frozenset[str]:
        """The names that the module binds, those of its imports too."""
        found = {name.id for name in _outside(self.source.tree) if isinstance(name, ast.Name)}
        for node in ast.walk(self.source.tree):
            if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        return frozenset(found)

    def known(self, name: str) -> bool:
        """Tell whether a name means something everywhere in the file."""
        return name in self.globals or hasattr(builtins, name)


def share(piece: Piece, function: Any, holder: Any) -> float:
    """Return what an ingredient counts in a function of a class."""
    if piece.function is function:
        return HERE
    return IN_CLASS if holder is not None and piece.holder is holder else IN_FILE


def reads(node: ast.AST) -> frozenset[str]:
    """Return the names that a node reads from around it."""
    loads = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Load, ast.Del))}
    inner = [n for n in ast.walk(node) if isinstance(n, _BOUND)]
    own = {n.id for each in inner for n in ast.walk(each) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {n.arg for each in inner for n in ast.walk(each) if isinstance(n, ast.arg)}
    return frozenset(loads - own)


def called(call: ast.Call) -> str:
    """Return the name that is called, without its owner."""
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _functions(node: Any, holder: Any) -> Iterator[tuple[Any, Any]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FUNCTIONS):
            yield child, holder
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, child)
        elif isinstance(child, (ast.If, ast.Try, ast.With)):
            yield from _functions(child, holder)


def _outside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands outside of functions and classes and is bound."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*FUNCTIONS, ast.ClassDef)):
            if isinstance(getattr(child, "ctx", None), ast.Store):
                yield child
            yield from _outside(child)


def _atoms(node: Any) -> Iterator[Any]:
    """Yield the parts of a condition that a statement asks."""
    tests = [node.test] if isinstance(node, _TESTING) else node.ifs if isinstance(node, ast.comprehension) else []
    for test in tests:
        waiting = [test]
        while waiting:
            part = waiting.pop(0)
            if isinstance(part, ast.BoolOp):
                waiting += part.values
            elif not isinstance(part, ast.Constant):
                yield part


def _acts(node: Any) -> Iterator[Any]:
    if isinstance(node, (ast.Assign, ast.AugAssign)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await, ast.Yield, ast.YieldFrom))
    ):
        yield node


def _values(node: Any) -> Iterator[Any]:
    parts = ast.iter_child_nodes(node) if not isinstance(node, (ast.Expr, ast.JoinedStr, ast.FormattedValue)) else ()
    for part in parts:
        if isinstance(part, ast.Constant) and not isinstance(part.value, (bool, type(None), type(Ellipsis))):
            yield part
