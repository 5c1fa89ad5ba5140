"""Templates that change one statement, or add or move one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from journeyman.repair.search.edits import Edit, replace
from journeyman.repair.search.expressions import OPERATORS
from journeyman.repair.search.scope import Scene

Template = Callable[[Scene, ast.stmt], Iterator[Edit]]


def assignments(scene: Scene, node: ast.stmt) -> Iterator[Edit]:
    """Another operator of an assignment, or none, or another target."""
    if isinstance(node, ast.AugAssign):
        target, value = scene.words(node.target), scene.words(node.value)
        for other, prior in OPERATORS[type(node.op)][1].items():
            yield replace(scene, node, f"{target} {other}= {value}", prior, "operator")
        yield replace(scene, node, f"{target} = {value}", 0.35, "assignment")
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = scene.words(node.targets[0]), scene.words(node.value)
        for operator in ("+=", "-="):
            if not isinstance(node.targets[0], ast.Tuple):
                yield replace(scene, node, f"{target} {operator} {value}", 0.25, "assignment")
        if isinstance(node.targets[0], ast.Name | ast.Attribute):
            yield replace(scene, node, f"{target} = {value} + {target}", 0.1, "added operand")
        for other_name in scene.local_names if isinstance(node.targets[0], ast.Name) else ():
            if other_name not in (target, "self"):
                yield replace(scene, node, f"{other_name} = {value}", 0.1, "assignment target")
        if isinstance(node.targets[0], ast.Tuple) and len(node.targets[0].elts) == 2:
            first, second = (scene.words(part) for part in node.targets[0].elts)
            yield replace(scene, node, f"{second}, {first} = {value}", 0.3, "assignment target")


def jumps(scene: Scene, node: ast.stmt) -> Iterator[Edit]:
    """`break` for `continue`, a result that is not returned, another result."""
    if isinstance(node, ast.Break):
        yield replace(scene, node, "continue", 0.4, "jump")
    elif isinstance(node, ast.Continue):
        yield replace(scene, node, "break", 0.4, "jump")
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield replace(scene, node, f"return {scene.words(node.value)}", 0.25, "jump")
    elif isinstance(node, ast.Return):
        value = scene.words(node.value) if node.value else "None"
        for other in [*scene.local_names, "True", "False", "None", "0", "[]"]:
            if other not in (value, "self"):
                yield replace(scene, node, f"return {other}", 0.1, "returned value")
        for name in scene.local_names if value in ("True", "False") else ():
            yield replace(scene, node, f"return not {name}", 0.06, "returned value")
            yield replace(scene, node, f"return {name} == 0", 0.05, "returned value")


def branches(scene: Scene, node: ast.stmt) -> Iterator[Edit]:
    """`if` for `elif` and the other way round, `while` for `if`."""
    if not isinstance(node, ast.If):
        return
    start, _ = scene.span(node)
    text = scene.source.text
    if text.startswith("elif", start):
        yield Edit(start, start + 4, "if", 0.3, node.lineno, "branch")
        return
    yield Edit(start, start + 2, "while", 0.25, node.lineno, "branch")
    before = _before(scene, node)
    if isinstance(before, ast.If):
        yield Edit(start, start + 2, "elif", 0.25, node.lineno, "branch")


def order(scene: Scene, node: ast.stmt) -> Iterator[Edit]:
    """Two simple neighbours the other way round; a statement one level further out."""
    before = _before(scene, node)
    if before is not None and _simple(node) and _simple(before):
        start, end = scene.span(before)[0], scene.span(node)[1]
        between = scene.source.text[scene.span(before)[1] : scene.span(node)[0]]
        if not between.strip():
            text = f"{scene.source.of(node)}{between}{scene.source.of(before)}"
            yield Edit(start, end, text, 0.12, node.lineno, "order")
    yield from _outdented(scene, node)


def _outdented(scene: Scene, node: ast.stmt) -> Iterator[Edit]:
    """Move the last statement of a block out of it."""
    block, holder = _block(scene, node), scene.parents.get(node)
    if not _simple(node) or len(block) < 2 or block[-1] is not node or not isinstance(holder, ast.stmt):
        return
    if holder is scene.node or getattr(holder, "orelse", None):
        return
    start, end = scene.span(node)
    line_start = scene.source.text.rfind("\n", 0, start) + 1
    yield Edit(line_start, end, " " * holder.col_offset + scene.source.of(node), 0.25, node.lineno, "moved out")


def deletions(scene: Scene, node: ast.stmt) -> Iterator[Edit]:
    """A statement less: the last resort, since most tests can be pleased by doing less."""
    if _simple(node) and not isinstance(node, ast.Pass) and not _is_docstring(node):
        yield replace(scene, node, "pass", 0.03, "deletion")


def additions(scene: Scene, node: ast.stmt) -> Iterator[Edit]:
    """A statement more: an increment, an element, a base case."""
    start, _ = scene.span(node)
    indent = " " * node.col_offset
    names = [name for name in scene.local_names if name not in ("self", "cls")]
    if scene.source.text[:start].rpartition("\n")[2].strip():
        return
    added: list[tuple[str, float]] = []
    if isinstance(scene.parents.get(node), ast.For | ast.While):
        added += [(f"{name} += 1", 0.08) for name in names]
    if node in scene.node.body and node is _first(scene):
        parameters = [argument.arg for argument in scene.node.args.args if argument.arg not in ("self", "cls")]
        bases = ("[]", "0", "None", "False", "True", "1", *parameters)
        added += [(f"if not {p}:\n{indent}    return {base}", 0.07) for p in parameters for base in bases]
        added += [(f"if {p} == 0:\n{indent}    return {base}", 0.06) for p in parameters for base in bases]
    collections = _collections(scene)
    for holder, verb in collections.items():
        added += [(f"{holder}.{verb}({name})", 0.06) for name in names if name != holder]
    for words, prior in added:
        yield Edit(start, start, f"{words}\n{indent}", prior, node.lineno, "added statement")


def _collections(scene: Scene) -> dict[str, str]:
    """Return local names that hold a list or a set, with the method that adds to them."""
    found: dict[str, str] = {}
    for node in ast.walk(scene.node):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List()):
                found[name] = "append"
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Set() | ast.Call(func=ast.Name(id="set"))):
                found[name] = "add"
    return found


def _first(scene: Scene) -> ast.stmt:
    body = scene.node.body
    return body[1] if len(body) > 1 and _is_docstring(body[0]) else body[0]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _simple(node: ast.stmt) -> bool:
    return not hasattr(node, "body")


def _block(scene: Scene, node: ast.stmt) -> list[ast.stmt]:
    parent = scene.parents.get(node)
    for field in ("body", "orelse", "finalbody"):
        block = getattr(parent, field, None)
        if isinstance(block, list) and node in block:
            return block
    return []


def _before(scene: Scene, node: ast.stmt) -> ast.stmt | None:
    block = _block(scene, node)
    position = block.index(node) if block else 0
    return block[position - 1] if position else None


STATEMENTS: tuple[Template, ...] = (assignments, jumps, branches, order, deletions, additions)
