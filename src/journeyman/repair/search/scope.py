"""Functions as units of search, and the names that may stand in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

import msgspec

from journeyman.repair.spans import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Unit(msgspec.Struct, frozen=True):
    """An outermost function: what a candidate changes. Offsets count from the beginning of the text.

    `first_line` is that of the first decorator; `start` is where `def` stands, `body` where the body begins.
    """

    path: str
    name: str
    classes: tuple[str, ...]
    first_line: int
    last_line: int
    start: int
    end: int
    body: int


class Scene:
    """A unit with its text, its tree, and the names in reach."""

    def __init__(self, source: Source, unit: Unit, node: Function) -> None:
        self.source = source
        self.unit = unit
        self.node = node

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Return the parent of each node of the function."""
        return {child: parent for parent in ast.walk(self.node) for child in ast.iter_child_nodes(parent)}

    @cached_property
    def body_lines(self) -> range:
        """Return the lines of the body; the line of `def` runs when the module is imported."""
        return range(self.node.body[0].lineno, self.unit.last_line + 1)

    @cached_property
    def local_names(self) -> list[str]:
        """Return parameters and assigned names, in order."""
        found: dict[str, None] = {}
        for node in ast.walk(self.node):
            if isinstance(node, ast.arg):
                found[node.arg] = None
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found[node.id] = None
        return list(found)

    @cached_property
    def fields(self) -> list[str]:
        """Return attributes of `self` that the class or function uses."""
        inside = self._class or self.node
        uses = (n for n in ast.walk(inside) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name))
        return list(dict.fromkeys(n.attr for n in uses if isinstance(n.value, ast.Name) and n.value.id == "self"))

    @cached_property
    def methods(self) -> list[str]:
        """Return the methods of the class."""
        body = self._class.body if self._class else []
        return [node.name for node in body if isinstance(node, Function)]

    @cached_property
    def functions(self) -> list[str]:
        """Return the functions of the module and those imported."""
        found = [node.name for node in self.source.tree.body if isinstance(node, Function)]
        for node in self.source.tree.body:
            if isinstance(node, ast.ImportFrom):
                found += [alias.asname or alias.name for alias in node.names]
        return found

    @cached_property
    def constants(self) -> list[str]:
        """Return the names that the module assigns."""
        found: dict[str, None] = {}
        for node in self.source.tree.body:
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            found |= {target.id: None for target in targets if isinstance(target, ast.Name)}
        return list(found)

    @cached_property
    def _class(self) -> ast.ClassDef | None:
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.ClassDef) and self.node in node.body:
                return node
        return None

    def words(self, node: ast.expr) -> str:
        """Return the text of an expression."""
        return self.source.of(node)

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node stands in the text."""
        return self.source.span(node)


def scenes(path: str, source: Source) -> Iterator[Scene]:
    """Yield the outermost functions of a module and of its classes."""
    for node, classes in _functions(source.tree, ()):
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        start, end = source.span(node)
        body = source.span(node.body[0])[0]
        unit = Unit(path, node.name, classes, first, node.end_lineno or node.lineno, start, end, body)
        yield Scene(source, unit, node)


def _functions(node: ast.AST, classes: tuple[str, ...]) -> Iterator[tuple[Function, tuple[str, ...]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield child, classes
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, (*classes, child.name))
        elif isinstance(child, ast.If | ast.Try | ast.With):
            yield from _functions(child, classes)
