"""Templates that add a statement: an increment, an element, a base case, a result."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .scene import Scene
from .source import FUNCTIONS, Edit
from .statements import is_text

_ADDING = {"list": "append", "set": "add", "deque": "append", "Counter": "update", "bytearray": "append"}
_MUTABLE = (ast.List, ast.Dict, ast.Set)
_BASES = ("[]", "0", "None", "False", "True", "1", '""', "{}", "-1", "[[]]")

STALE = 4
"""How many times likelier it is that something is missing which changes a variable that nothing changes."""


def inserted(scene: Scene, node: Any) -> Iterator[Edit]:
    """A statement more before another one, or after the last of a block."""
    if not scene.starts_line(node) or is_text(node) or not scene.block(node):
        return
    start, end = scene.source.span(node)
    indent = " " * node.col_offset
    last = scene.block(node)[-1] is node and not isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue))
    for words, prior in _simple_additions(scene, node):
        yield Edit(start, start, f"{words}\n{indent}", prior, node.lineno, "added statement")
        if last:
            yield Edit(end, end, f"\n{indent}{words}", prior, node.lineno, "added statement")


def _simple_additions(scene: Scene, node: Any) -> Iterator[tuple[str, float]]:
    looped = scene.in_loop(node)
    variables = scene.variables
    for name in variables if looped else ():
        numeric = scene.may_be(name, "int", "float") * (STALE if name in scene.stale else 1)
        yield from ((f"{name} += 1", 0.12 * numeric), (f"{name} -= 1", 0.06 * numeric))
    for field in scene.fields if scene.parameters_of_self() else ():
        numeric = scene.may_be(f"self.{field}", "int", "float")
        yield from ((f"self.{field} += 1", 0.08 * numeric), (f"self.{field} -= 1", 0.06 * numeric))
    yield from _elements(scene)
    for name in variables:
        for other in variables:
            if other != name and name not in scene.parameters:
                share = (0.06 if looped else 0.03) * (STALE if name in scene.stale else 1)
                yield f"{name} = {other}", share * scene.alike(name, other)
    if looped:
        yield from (("break", 0.06), ("continue", 0.05))
        for name in variables:
            yield f"yield {name}", 0.02


def _elements(scene: Scene) -> Iterator[tuple[str, float]]:
    """Yield statements that add to the collections in reach."""
    holders = dict(_collections(scene))
    for holder, verb in holders.items():
        for name in scene.variables:
            if name != holder:
                yield f"{holder}.{verb}({name})", 0.1 * (STALE if holder in scene.stale else 1)
    for field in scene.fields if scene.parameters_of_self() else ():
        for kind, verb in _ADDING.items():
            if scene.holds(f"self.{field}", kind):
                for name in scene.variables:
                    yield f"self.{field}.{verb}({name})", 0.1
    for name in scene.variables:
        if scene.holds(name, "dict", "defaultdict"):
            for key in scene.variables:
                for value in scene.variables:
                    if len({name, key, value}) == 3:
                        yield f"{name}[{key}] = {value}", 0.04


def _collections(scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield local names that hold a list or a set, with the method that adds to them."""
    for node in scene.nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
            if isinstance(value, (ast.List, ast.ListComp)):
                yield name, "append"
            elif isinstance(value, (ast.Set, ast.SetComp)):
                yield name, "add"
            elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in _ADDING:
                yield name, _ADDING[value.func.id]
    for name in scene.variables:
        for kind, verb in _ADDING.items():
            if scene.holds(name, kind):
                yield name, verb


def base_cases(scene: Scene, node: Any) -> Iterator[Edit]:
    """A guard at the beginning: a base case of a recursion, an input that is refused or answered at once."""
    if node is not first_statement(scene) or not scene.starts_line(node):
        return
    start, indent = scene.source.span(node)[0], " " * node.col_offset
    for test, prior in _tests(scene):
        for base in [*_BASES, *scene.parameters]:
            text = f"if {test}:\n{indent}    return {base}\n{indent}"
            yield Edit(start, start, text, prior, node.lineno, "base case")
        for error in ("ValueError", "TypeError", "KeyError"):
            text = f"if {test}:\n{indent}    raise {error}({test!r})\n{indent}"
            yield Edit(start, start, text, prior * 0.5, node.lineno, "base case")


def _tests(scene: Scene) -> Iterator[tuple[str, float]]:
    for name in scene.parameters:
        yield from ((f"not {name}", 0.1), (f"{name} is None", 0.25 if scene.holds(name, "NoneType") else 0.05))
        if scene.may_be(name, "int", "float") >= 0.5:
            yield from ((f"{name} == 0", 0.08), (f"{name} < 0", 0.08), (f"{name} <= 0", 0.08))
            yield from ((f"{name} <= 1", 0.06), (f"{name} == 1", 0.04), (f"{name} < 2", 0.03))
        if scene.may_be(name, "list", "str", "tuple", "dict", "set") >= 0.5:
            yield from ((f"len({name}) <= 1", 0.06), (f"len({name}) == 1", 0.04))
    for name in scene.parameters:
        for other in scene.parameters:
            if name != other:
                yield from ((f"{name} == {other}", 0.02), (f"{name} > {other}", 0.04))
                if scene.holds(other, "dict", "set", "list"):
                    yield from ((f"{name} not in {other}", 0.05), (f"{name} in {other}", 0.04))


def first_statement(scene: Scene) -> ast.stmt:
    """Return the first statement that is no documentation."""
    body: list[ast.stmt] = scene.node.body
    return body[1] if len(body) > 1 and is_text(body[0]) else body[0]


def final_results(scene: Scene, node: Any) -> Iterator[Edit]:
    """A result at the end of a function that has none there."""
    body = scene.node.body if scene.unit.function else []
    if not body or body[-1] is not node or isinstance(node, (ast.Return, ast.Raise)):
        return
    end, indent = scene.source.span(node)[1], " " * node.col_offset
    valued = [n for n in scene.nodes if isinstance(n, ast.Return) and n.value is not None]
    share = 0.5 if not valued else 1.0
    for name in scene.variables:
        yield Edit(end, end, f"\n{indent}return {name}", 0.25 * share, node.lineno, "returned value")
    for base in (*_BASES, "self") if scene.parameters_of_self() else _BASES:
        yield Edit(end, end, f"\n{indent}return {base}", 0.12 * share, node.lineno, "returned value")


def mutable_defaults(scene: Scene, node: Any) -> Iterator[Edit]:
    """A default that all calls share: it is made anew in each call."""
    if node is not scene.node:
        return
    given = node.args
    named = [*given.posonlyargs, *given.args]
    pairs = [
        *zip(named[len(named) - len(given.defaults) :], given.defaults),
        *zip(given.kwonlyargs, given.kw_defaults),
    ]
    first, text = first_statement(scene), scene.source.text
    start, indent = scene.source.span(first)[0], " " * first.col_offset
    for parameter, default in pairs:
        empty = isinstance(default, ast.Call) and isinstance(default.func, ast.Name) and not default.args
        if isinstance(default, _MUTABLE) or empty:
            begin, end = scene.source.span(default)
            guard = f"if {parameter.arg} is None:\n{indent}    {parameter.arg} = {scene.words(default)}\n{indent}"
            yield Edit(begin, start, f"None{text[end:start]}{guard}", 0.6, first.lineno, "shared default")


def shared_attributes(scene: Scene, node: Any) -> Iterator[Edit]:
    """An attribute of the class that all its objects share: each gets its own."""
    if scene.unit.name != "__init__" or node is not first_statement(scene) or scene.holder is None:
        return
    start, indent = scene.source.span(node)[0], " " * node.col_offset
    for each in scene.holder.body:
        if isinstance(each, (ast.Assign, ast.AnnAssign)) and isinstance(each.value, _MUTABLE):
            target = each.targets[0] if isinstance(each, ast.Assign) else each.target
            if isinstance(target, ast.Name):
                text = f"self.{target.id} = {scene.words(each.value)}\n{indent}"
                yield Edit(start, start, text, 0.4, node.lineno, "shared attribute")


def initialised(scene: Scene, node: Any) -> Iterator[Edit]:
    """A first value, a call of the parent's `__init__` or of an own method that is missing."""
    if not scene.parameters_of_self() or not scene.starts_line(node) or is_text(node):
        return
    if scene.parents.get(node) is not scene.node:
        return
    start, end = scene.source.span(node)
    indent = " " * node.col_offset
    texts: list[tuple[str, float]] = []
    texts += _parents_calls(scene)
    if scene.unit.name == "__init__":
        texts += [(f"self.{name} = {name}", 0.3) for name in scene.parameters if name not in _own_targets(scene)]
    texts += [(f"self.{name}()", 0.05) for name in scene.methods if _callable_alone(scene, name)]
    for words, prior in texts:
        if prior:
            yield Edit(start, start, f"{words}\n{indent}", prior, node.lineno, "added statement")
            if scene.block(node)[-1] is node and not isinstance(node, (ast.Return, ast.Raise)):
                yield Edit(end, end, f"\n{indent}{words}", prior, node.lineno, "added statement")


def _parents_calls(scene: Scene) -> Iterator[tuple[str, float]]:
    """Yield calls of the same method of a parent, with the arguments that this method has under the same names."""
    name = scene.unit.name
    bases = [scene.words(base).rpartition(".")[2] for base in (scene.holder.bases if scene.holder else ())]
    if name == "__init__" and bases:
        yield "super().__init__()", 0.15
    if not bases or "super()." in scene.words(scene.node):
        return
    for method in _methods(scene.source.tree, bases, name) or _methods_of_package(scene, bases, name):
        own = [given.arg for given in [*method.args.args[1:], *method.args.kwonlyargs]]
        yield f"super().{name}({', '.join(given for given in own if given in scene.parameters)})", 0.3


def _methods(tree: ast.Module, classes: list[str], name: str) -> list[Any]:
    """Return the methods of a name that a module's classes of some names have."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name in classes]
    return [method for each in found for method in each.body if isinstance(method, FUNCTIONS) and method.name == name]


def _methods_of_package(scene: Scene, classes: list[str], name: str) -> list[Any]:
    """Return them of the other modules, which are read only for classes whose names this one imports."""
    if not scene.ingredients.globals.issuperset(classes):
        return []
    return [method for each in scene.ingredients.beside for method in _methods(each.source.tree, classes, name)]


def _own_targets(scene: Scene) -> set[str]:
    stored = (n for n in scene.nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
    return {n.attr for n in stored}


def _callable_alone(scene: Scene, name: str) -> bool:
    for node in scene.holder.body if scene.holder else []:
        if isinstance(node, FUNCTIONS) and node.name == name:
            return len(node.args.args) == 1 and not node.decorator_list and not name.startswith("__")
    return False
