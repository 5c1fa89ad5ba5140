"""Which lines of an old Python file a test must have run for a change to matter to it. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

import msgspec

from journeyman.codebase.impact.lines import Lines

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


class Regions(msgspec.Struct):
    """What a change of a file rests on: `lines` as bits of the old side, that a test must have run one of.

    `names` are those of the module that change their meaning; `module`: something changes when it is imported.
    `broken`: a side is no Python.
    """

    lines: int = 0
    names: set[str] = msgspec.field(default_factory=set)
    module: bool = False
    broken: bool = False

    @property
    def nothing(self) -> bool:
        """Whether the change means nothing to the program: comments, blank lines, layout."""
        return not (self.lines or self.names or self.module or self.broken)


class Program:
    """A text of Python: its functions, and the statements in them."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.definitions = dict(self._found(self.tree, ""))

    def _found(self, node: ast.AST, before: str) -> Iterator[tuple[str, Definition]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Definition):
                yield before + child.name, child
                yield from self._found(child, f"{before}{child.name}.")
            elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                yield from self._found(child, before)

    @cached_property
    def spans(self) -> list[tuple[int, int, str, Definition]]:
        """First and last lines, decorators included, of all definitions."""
        return [(_first(node), _last(node), name, node) for name, node in self.definitions.items()]

    def around(self, line: int) -> list[tuple[str, Definition]]:
        """Return the definitions that a line lies in, the innermost last."""
        found = [each for each in self.spans if each[0] <= line <= each[1]]
        return [(name, node) for _, _, name, node in sorted(found, key=lambda each: (each[0], -each[1]))]

    def statement(self, function: Function, line: int) -> int:
        """Return the lines of the innermost statement around a line, of one with a body only its head, as bits."""
        best = (function.body[0].lineno, _last(function))
        for node in ast.walk(function):
            if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and node is not function:
                first, last = _first(node), _head_end(node)
                if first <= line <= last and last - first < best[1] - best[0]:
                    best = first, last
        return bits(*best)


def regions_of(lines: Lines) -> Regions:
    """Return what a change of a file that is there on both sides rests on."""
    try:
        old, new = Program(lines.old or ""), Program(lines.new or "")
        if ast.dump(old.tree) == ast.dump(new.tree):
            return Regions()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Regions(broken=True)
    found = Regions()
    for start, end, new_start, new_end in lines.blocks:
        for line in range(start + 1, end + 1):
            _replaced(old, new, line, found)
        for line in range(new_start + 1, new_end + 1):
            _came(old, new, line, found, only=start == end)
    return found


def _replaced(old: Program, new: Program, line: int, found: Regions) -> None:
    """Take in an old line that is gone."""
    around = old.around(line)
    if not around:
        _of_module(old.tree.body, line, found)
        return
    name, node = around[-1]
    outer = _outer_function(around)
    if isinstance(node, ast.ClassDef):
        _of_class(around, line, found)
    elif outer is not None and (name not in new.definitions or not _alike(node, new.definitions[name])):
        found.lines |= _whole(outer[1])
        if outer[0] not in new.definitions:
            found.names.add(outer[0].rpartition(".")[2])
            found.module = True  # what else has the name now, or fails without it
    elif line < node.body[0].lineno:
        found.lines |= _whole(node)
        found.module |= outer is not None and outer[1] is node and line < node.lineno  # a decorator
    else:
        found.lines |= old.statement(node, line)


def _came(old: Program, new: Program, line: int, found: Regions, *, only: bool) -> None:
    """Take in a new line; `only`: nothing was taken away where it stands."""
    around = new.around(line)
    if not around:
        if only or not isinstance(_statement_at(new.tree.body, line), Definition):
            _of_module(new.tree.body, line, found)
        return
    name, node = around[-1]
    known = old.definitions.get(name)
    if isinstance(known, Function) and isinstance(node, Function):
        if only or not _alike(node, known):
            found.lines |= _whole(known)
        return
    if isinstance(node, ast.ClassDef):
        _of_class(around, line, found, old)
        return
    holder = old.definitions.get(name.rpartition(".")[0])
    if isinstance(holder, ast.ClassDef):  # a new method: it may stand before one that is inherited
        found.lines |= _whole(holder)
        found.names.add(node.name)
    elif isinstance(holder, Function):
        found.lines |= _whole(holder)
    elif "." not in name:
        found.names.add(name)


def _of_module(body: list[ast.stmt], line: int, found: Regions) -> None:
    statement = _statement_at(body, line)
    if statement is None or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
        return  # between statements, or documentation
    found.module = True
    found.names |= _bound(statement)


def _of_class(around: list[tuple[str, Definition]], line: int, found: Regions, old: Program | None = None) -> None:
    """Take in a line of a class's own: whoever runs its methods, or names it."""
    name, node = around[-1]
    statement = _statement_at(node.body, line)
    if statement is None and line >= node.body[0].lineno:
        return
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return
    known = old.definitions.get(name) if old else node
    if known is not None:
        found.lines |= _whole(known)
    found.names |= {node.name, *(_bound(statement) if statement is not None else ())}
    found.module = True


def _statement_at(body: list[ast.stmt], line: int) -> ast.stmt | None:
    return next((each for each in body if _first(each) <= line <= _last(each)), None)


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement gives a meaning."""
    found = {
        node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    if isinstance(statement, Definition):
        found = {statement.name}
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found


def _outer_function(around: list[tuple[str, Definition]]) -> tuple[str, Definition] | None:
    return next(((name, node) for name, node in around if isinstance(node, Function)), None)


def _alike(one: Definition, other: Definition) -> bool:
    """Tell whether a change of single statements says all: the same names are local, and both yield or neither."""
    return type(one) is type(other) and _scope(one) == _scope(other)


def _scope(node: Definition) -> tuple[frozenset[str], bool]:
    stored = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)}
    declared = {name for each in ast.walk(node) if isinstance(each, ast.Global | ast.Nonlocal) for name in each.names}
    yields = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(node))
    return frozenset(stored | {f"global {name}" for name in declared}), yields


def _whole(node: Definition) -> int:
    """Return the lines of a definition that run when it is used, as bits: not its head, which runs once."""
    if isinstance(node, ast.ClassDef):
        functions = [each for each in ast.walk(node) if isinstance(each, Function)]
        return sum_bits(bits(each.body[0].lineno, _last(each)) for each in functions)
    return bits(node.body[0].lineno, _last(node))


def sum_bits(found: Iterator[int] | list[int]) -> int:
    """Return all bits that are in one of several numbers."""
    whole = 0
    for each in found:
        whole |= each
    return whole


def bits(first: int, last: int) -> int:
    """Return the bits of lines, both ends included."""
    return ((1 << (last - first + 1)) - 1) << first if last >= first else 0


def _first(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno
    line: int = node.lineno  # type: ignore[attr-defined]
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([line, *(each.lineno for each in decorators)])


def _last(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):
        return node.body[-1].end_lineno or node.pattern.lineno
    last: int | None = node.end_lineno  # type: ignore[attr-defined]
    return last or _first(node)


def _head_end(node: ast.AST) -> int:
    """Return the last line of a statement without its body."""
    body: list[ast.stmt] | None = getattr(node, "body", None)
    if body:
        return max(body[0].lineno - 1, _first(node))
    return _last(node)
