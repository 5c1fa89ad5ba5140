"""A function, or a statement outside of one, with its surroundings: what templates look at."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from .ingredients import Ingredients
from .source import FUNCTIONS, Edit, Source

OWN = ("self", "cls")
_NUMBERS = frozenset({"int", "float", "bool", "complex", "Decimal", "Fraction"})
_NOTHING = frozenset({"NoneType"})
_STRANGER = 0.12
_FIELD = re.compile(r"self\.(?!_[^\W_]\w*__)\w+")
"""An attribute as it is written inside its class: its private names have those of the class before them in memory."""
_LOOSE = (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.UnaryOp, ast.NamedExpr)
_OPERATOR = (ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.Attribute, ast.Subscript, ast.Starred, ast.Await)


class Unit(NamedTuple):
    """What an edit changes: an outermost function, or a statement of a module or class.

    Offsets count from the beginning of the text. `first_line` is that of the first decorator; `start` is where `def`
    stands, `body` where the body begins.
    """

    path: str
    name: str
    classes: tuple[str, ...]
    first_line: int
    last_line: int
    start: int
    end: int
    body: int
    function: bool = True

    @property
    def title(self) -> str:
        """The name with those of its classes."""
        return ".".join([*self.classes, self.name])


class Scene:
    """A unit with its text, its tree, the names in reach and the types they had, and what may be borrowed.

    `raised` are the exceptions that failing tests met, `compared` the texts that they compared; `pantry` keeps what
    was borrowed, by its kind.
    """

    def __init__(
        self, source: Source, unit: Unit, node: Any, holder: ast.ClassDef | None, ingredients: Ingredients
    ) -> None:
        self.source = source
        self.unit = unit
        self.node = node
        self.holder = holder
        self.types: Mapping[str, frozenset[str]] = {}
        self.raised: tuple[str, ...] = ()
        self.compared: tuple[tuple[str, str], ...] = ()
        self.ingredients = ingredients
        self.pantry: dict[str, Any] = {}

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of each node."""
        return {child: parent for parent in ast.walk(self.node) for child in ast.iter_child_nodes(parent)}

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes below, outermost first, annotations left out."""
        found: list[ast.AST] = []
        waiting: list[ast.AST] = [self.node]
        for node in waiting:
            found.append(node)
            for field, value in ast.iter_fields(node):
                if field not in ("annotation", "returns", "type_comment", "ctx", "type_params"):
                    waiting += [part for part in (value if isinstance(value, list) else [value]) if _is_node(part)]
        return found

    @cached_property
    def body_lines(self) -> range:
        """The lines of the body; the line of `def` runs when the module is imported."""
        first = self.node.body[0].lineno if self.unit.function else self.node.lineno
        return range(first, self.unit.last_line + 1)

    @cached_property
    def parameters(self) -> list[str]:
        """The parameters, `self` and `cls` left out."""
        given = self.node.args if self.unit.function else None
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs] if given else []
        return [each.arg for each in every if each.arg not in OWN]

    @cached_property
    def births(self) -> dict[str, int]:
        """Parameters and assigned names in order, with the line that binds each first."""
        found: dict[str, int] = {}
        for node in self.nodes:
            if isinstance(node, ast.arg):
                found.setdefault(node.arg, node.lineno)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found[node.id] = min(found.get(node.id, node.lineno), node.lineno)
        return found

    @cached_property
    def local_names(self) -> list[str]:
        """Parameters and assigned names, in order, `self` and `cls` left out."""
        inner = [n.name for n in self.nodes if isinstance(n, FUNCTIONS) and n is not self.node]
        return [name for name in [*self.births, *inner] if name not in OWN]

    @cached_property
    def variables(self) -> list[str]:
        """Local names that are no functions, and the attributes of `self` that the function uses."""
        inner = {n.name for n in self.nodes if isinstance(n, FUNCTIONS)}
        return [name for name in self.local_names if name not in inner]

    @cached_property
    def reads(self) -> Counter[str]:
        """How often each local name is read."""
        loads = (n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
        return Counter(name for name in loads if name in self.births)

    @cached_property
    def used(self) -> frozenset[str]:
        """The functions and methods that are called, as they are written."""
        return frozenset(self.words(node.func) for node in self.nodes if isinstance(node, ast.Call))

    @cached_property
    def stale(self) -> frozenset[str]:
        """Names that get a first value, such as nothing or zero, and never another, nor anything into it."""
        binds = Counter(n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        first = [name for node in self.nodes for name in _first_values(node)]
        filled = {_owner(n) for n in self.nodes if isinstance(n, (ast.Subscript, ast.Call))}
        return frozenset(name for name in first if binds[name] == 1 and name not in filled and self.reads[name])

    def unread(self, name: str) -> bool:
        """Tell whether a local name is never read."""
        return name in self.births and not self.reads[name]

    @cached_property
    def fields(self) -> list[str]:
        """Attributes of `self` that the class uses, methods left out."""
        inside = self.holder or self.node
        uses = (n for n in ast.walk(inside) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name))
        found = dict.fromkeys(n.attr for n in uses if isinstance(n.value, ast.Name) and n.value.id == "self")
        seen = [name[5:] for name in self.types if _FIELD.fullmatch(name)]
        return [name for name in dict.fromkeys([*found, *seen]) if name not in self.methods]

    @cached_property
    def methods(self) -> list[str]:
        """The methods of the class."""
        return [node.name for node in (self.holder.body if self.holder else []) if isinstance(node, FUNCTIONS)]

    @cached_property
    def functions(self) -> list[str]:
        """The functions of the module and those imported."""
        found = [node.name for node in self.source.tree.body if isinstance(node, FUNCTIONS)]
        for node in self.source.tree.body:
            if isinstance(node, ast.ImportFrom):
                found += [alias.asname or alias.name for alias in node.names]
        inner = [n.name for n in self.nodes if isinstance(n, FUNCTIONS)]
        return list(dict.fromkeys([*inner, *found]))

    @cached_property
    def constants(self) -> list[str]:
        """The names that the module assigns."""
        return list(dict.fromkeys(name for node in self.source.tree.body for name in assigned(node)))

    @cached_property
    def attributes(self) -> list[str]:
        """All attributes that the file uses."""
        return sorted({n.attr for n in ast.walk(self.source.tree) if isinstance(n, ast.Attribute)})

    def parameters_of_self(self) -> bool:
        """Tell whether the function has a `self`."""
        return self.unit.function and any(each.arg == "self" for each in self.node.args.args)

    def offered(self, owner: str, called: bool) -> list[str]:
        """Return the attributes that may stand after an expression: those of its type as seen, else of the file."""
        seen = self.types.get(f"{owner}.()" if called else f"{owner}.")
        return sorted(seen) if seen else self.attributes

    def words(self, node: Any) -> str:
        """Return the text of an expression."""
        return self.source.of(node)

    def replace(self, node: Any, text: str, prior: float, template: str) -> Edit:
        """Return the edit that puts a text in a node's place."""
        start, end = self.source.span(node)
        return Edit(start, end, text, prior, node.lineno, template)

    def put(self, node: ast.expr, within: ast.expr) -> str:
        """Return a node's text so that it may stand where `within` stands, in parentheses if operators demand it."""
        words = self.words(node)
        held = isinstance(self.parents.get(within), _OPERATOR)
        return f"({words})" if held and isinstance(node, _LOOSE) and not self._enclosed(within) else words

    def closed(self, node: ast.expr) -> str:
        """Return a node's text so that an operator may stand beside it."""
        words = self.words(node)
        return f"({words})" if isinstance(node, (*_LOOSE, ast.Yield, ast.YieldFrom, ast.Await)) else words

    def open(self, node: ast.expr, text: str) -> str:
        """Return a text with operators so that it may stand where a node stands."""
        held = isinstance(self.parents.get(node), _OPERATOR)
        return f"({text})" if held and not self._enclosed(node) else text

    def _enclosed(self, node: ast.expr) -> bool:
        start, end = self.source.span(node)
        text = self.source.text
        return text[:start].rstrip().endswith("(") and text[end:].lstrip().startswith(")")

    def alike(self, name: str, other: str) -> float:
        """Return 1 if two names may hold the same type, else a small share."""
        mine, theirs = (self.types.get(each, _NOTHING) - _NOTHING for each in (name, other))
        if not mine or not theirs or mine & theirs or (mine & _NUMBERS and theirs & _NUMBERS):
            return 1.0
        return _STRANGER

    def may_be(self, name: str, *kinds: str) -> float:
        """Return 1 if a name held one of some types, 0.5 if nothing is known, else a small share."""
        seen = self.types.get(name, _NOTHING) - _NOTHING
        return 0.5 if not seen else 1.0 if seen & set(kinds) else _STRANGER

    def holds(self, name: str, *kinds: str) -> bool:
        """Tell whether a name was seen to hold one of some types."""
        return bool(self.types.get(name, frozenset()) & set(kinds))

    def block(self, node: ast.AST) -> list[ast.stmt]:
        """Return the statements among which a statement stands."""
        parent = self.parents.get(node)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and node in block:
                return block
        return []

    def before(self, node: ast.stmt) -> ast.stmt | None:
        """Return the statement before a statement in its block."""
        block = self.block(node)
        position = block.index(node) if block else 0
        return block[position - 1] if position else None

    def starts_line(self, node: ast.stmt) -> bool:
        """Tell whether nothing stands before a statement in its line."""
        start = self.source.span(node)[0]
        return not self.source.text[:start].rpartition("\n")[2].strip()

    def in_loop(self, node: ast.AST) -> bool:
        """Tell whether a statement is repeated by a loop of the function."""
        parent = self.parents.get(node)
        while parent is not None and parent is not self.node:
            if isinstance(parent, (ast.For, ast.While, ast.AsyncFor)):
                return True
            parent = self.parents.get(parent)
        return False


def _first_values(node: ast.AST) -> list[str]:
    """Return the name that a node gives nothing, zero or something empty."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return []
    value = node.value
    empty = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and not value.args
    empty = empty or (isinstance(value, (ast.List, ast.Dict)) and not _parts(value))
    return [node.targets[0].id] if empty or isinstance(value, ast.Constant) else []


def _parts(display: Any) -> list[Any]:
    return list(display.elts if isinstance(display, ast.List) else display.keys)


_CHANGING = frozenset({"append", "add", "extend", "insert", "update", "appendleft", "setdefault", "heappush",
                       "remove", "pop", "popleft", "discard", "clear", "sort"})  # fmt: skip


def _owner(node: Any) -> str:
    """Return the name of what a call or an assignment to an element changes, "" if there is none."""
    if isinstance(node, ast.Subscript):
        owner = node.value if isinstance(node.ctx, (ast.Store, ast.Del)) else None
    elif isinstance(node.func, ast.Attribute):
        owner = node.func.value if node.func.attr in _CHANGING else None
    else:
        owner = node.args[0] if node.args and getattr(node.func, "id", "") in _CHANGING else None
    return owner.id if isinstance(owner, ast.Name) else ""


def _is_node(thing: object) -> bool:
    return isinstance(thing, ast.AST)


def assigned(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module or class assigns."""
    if isinstance(node, ast.Assign):
        return [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def scenes(path: str, source: Source, ingredients: Ingredients | None = None) -> Iterator[Scene]:
    """Yield the outermost functions of a module and of its classes, and the assignments beside them."""
    ingredients = ingredients or Ingredients(source)
    for node, classes, holder in _outermost(source.tree, (), None):
        start, end = source.span(node)
        if isinstance(node, FUNCTIONS):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            body = source.span(node.body[0])[0]
            unit = Unit(path, node.name, classes, first, node.end_lineno or first, start, end, body)
        else:
            name = ", ".join(assigned(node))
            unit = Unit(path, name, classes, node.lineno, node.end_lineno or node.lineno, end, end, end, False)
        yield Scene(source, unit, node, holder, ingredients)


def _outermost(
    node: Any, classes: tuple[str, ...], holder: ast.ClassDef | None
) -> Iterator[tuple[Any, tuple[str, ...], ast.ClassDef | None]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FUNCTIONS):
            yield child, classes, holder
        elif isinstance(child, ast.ClassDef):
            yield from _outermost(child, (*classes, child.name), child)
        elif isinstance(child, (ast.If, ast.Try, ast.With)):
            yield from _outermost(child, classes, holder)
        elif isinstance(child, (ast.Assign, ast.AnnAssign)) and child.value is not None:
            yield child, classes, holder
