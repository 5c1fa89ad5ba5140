"""Templates that change, move or take away one statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .calls import exchanged
from .operators import OPERATORS
from .scene import OWN, Scene
from .source import FUNCTIONS, Edit

_RESULTS = ("strip", "lower", "upper", "replace", "rstrip", "lstrip", "title", "union", "sorted", "reversed")


def assignments(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another operator of an assignment, or none, or another target."""
    if len(node.targets) != 1:
        return
    place, target, value = node.targets[0], scene.words(node.targets[0]), scene.words(node.value)
    single = not isinstance(place, ast.Tuple)
    for operator, prior in (("+=", 0.3), ("-=", 0.2), ("*=", 0.1), ("|=", 0.06)) if single else ():
        yield scene.replace(node, f"{target} {operator} {value}", prior, "assignment")
    if isinstance(place, ast.Name):
        for other in scene.variables:
            if other != target:
                yield scene.replace(
                    node, f"{other} = {value}", 0.12 * scene.alike(target, other), "assignment target"
                )
        if scene.parameters_of_self():
            known = 0.4 if target in scene.fields else 0.05
            yield scene.replace(node, f"self.{target} = {value}", known, "assignment target")
    if isinstance(node.value, (ast.Name, ast.Attribute, ast.Subscript)) and single:
        yield scene.replace(node, f"{value} = {target}", 0.2, "assignment target")
    if isinstance(place, ast.Tuple) and len(place.elts) == 2:
        first, second = (scene.words(part) for part in place.elts)
        yield scene.replace(node, f"{second}, {first} = {value}", 0.3, "assignment target")
    if isinstance(place, ast.Attribute) and scene.words(place.value) == "self":
        for other in scene.fields:
            if other != place.attr:
                share = 0.15 * scene.alike(target, f"self.{other}")
                yield scene.replace(place, f"self.{other}", share, "assignment target")
    if isinstance(place, ast.Subscript):
        yield from _element_targets(scene, place)


def _element_targets(scene: Scene, place: Any) -> Iterator[Edit]:
    owner, index = scene.words(place.value), scene.words(place.slice)
    for words in dict.fromkeys(scene.words(n) for n in scene.nodes if isinstance(n, ast.Subscript)):
        if words != scene.words(place):
            yield scene.replace(place, words, 0.15, "assignment target")
    for other in scene.variables:
        if other != index:
            yield scene.replace(place, f"{owner}[{other}]", 0.2 * scene.alike(index, other), "assignment target")
        if other != owner:
            yield scene.replace(place, f"{other}[{index}]", 0.2 * scene.alike(owner, other), "assignment target")
    for step in ("+ 1", "- 1"):
        yield scene.replace(place, f"{owner}[{index} {step}]", 0.2 * scene.may_be(index, "int"), "assignment target")


def increments(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another operator of an augmented assignment, or none, or another target."""
    target, value = scene.words(node.target), scene.words(node.value)
    for other, prior in OPERATORS[type(node.op)][1].items():
        yield scene.replace(node, f"{target} {other}= {value}", prior, "operator")
    yield scene.replace(node, f"{target} = {value}", 0.35, "assignment")
    if isinstance(node.op, ast.Add):
        yield scene.replace(node, f"{target} = {scene.closed(node.value)} + {target}", 0.15, "assignment")
        yield scene.replace(node, f"{target} = max({target}, {value})", 0.1, "assignment")
    if isinstance(node.target, ast.Name):
        for other in scene.variables:
            if other != target:
                share = 0.15 * scene.alike(target, other)
                yield scene.replace(node.target, other, share, "assignment target")
    elif isinstance(node.target, ast.Attribute):
        for other in scene.fields:
            if other != node.target.attr:
                share = 0.15 * scene.alike(target, f"self.{other}")
                yield scene.replace(
                    node.target, f"{scene.words(node.target.value)}.{other}", share, "assignment target"
                )
    elif isinstance(node.target, ast.Subscript):
        yield from _element_targets(scene, node.target)


def jumps(scene: Scene, node: Any) -> Iterator[Edit]:
    """`break` for `continue` and the other way round."""
    other = "continue" if isinstance(node, ast.Break) else "break"
    yield scene.replace(node, other, 0.4, "jump")
    for name in scene.variables:
        yield scene.replace(node, f"return {name}", 0.04, "jump")


def results(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another result, or none."""
    value = scene.words(node.value) if node.value else "None"
    for name in scene.variables:
        if name != value:
            yield scene.replace(node, f"return {name}", 0.12 * scene.alike(value, name), "returned value")
    fields = scene.fields if scene.parameters_of_self() else ()
    for field in fields:
        if f"self.{field}" != value:
            share = 0.08 * scene.alike(value, f"self.{field}")
            yield scene.replace(node, f"return self.{field}", share, "returned value")
    for other in ("True", "False", "None", "0", "[]", "-1", "1", "{}", "''"):
        if other != value:
            yield scene.replace(node, f"return {other}", 0.08, "returned value")
    for name in scene.variables if value in ("True", "False") else ():
        for pattern in ("not {}", "{} == 0", "{} > 0", "bool({})", "{} is not None", "len({}) == 0"):
            yield scene.replace(node, f"return {pattern.format(name)}", 0.1, "returned value")
    if scene.in_loop(node):
        yield scene.replace(node, f"yield {value}", 0.05, "returned value")


def discarded(scene: Scene, node: Any) -> Iterator[Edit]:
    """A result that is not returned or not kept; an element that is added in another way."""
    value = node.value
    if isinstance(value, (ast.Yield, ast.YieldFrom, ast.Await, ast.Constant)):
        return
    words = scene.words(value)
    last = 0.35 if scene.block(node) and scene.block(node)[-1] is node else 0.15
    yield scene.replace(node, f"return {words}", last, "returned value")
    if isinstance(value, (ast.Compare, ast.BinOp)):
        return
    if isinstance(value, ast.Call):
        yield from _kept(scene, node, value, words)


def _kept(scene: Scene, node: ast.stmt, call: ast.Call, words: str) -> Iterator[Edit]:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else call.args[0] if call.args else None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if isinstance(owner, (ast.Name, ast.Attribute)):
        yield scene.replace(node, f"{scene.words(owner)} = {words}", 0.5 if name in _RESULTS else 0.15, "assignment")
        if isinstance(call.func, ast.Attribute) and call.args:
            first = scene.words(call.args[0])
            if name in ("append", "extend", "add"):
                yield scene.replace(node, f"{scene.words(owner)} = {first}", 0.04, "assignment")
            for other in scene.variables:
                if other != first:
                    share = 0.1 * scene.alike(first, other)
                    yield scene.replace(call.args[0], other, share, "name")
    for variable in scene.variables:
        if variable != (scene.words(owner) if owner else ""):
            yield scene.replace(node, f"{variable} = {words}", 0.06, "assignment")
    if isinstance(scene.node, FUNCTIONS):
        yield scene.replace(node, f"yield from {words}", 0.06 if name == scene.node.name else 0.01, "choice")
    if isinstance(call.func, ast.Attribute) and name == "update" and isinstance(owner, ast.Subscript) and call.args:
        yield scene.replace(node, f"{scene.words(owner)} = {scene.words(call.args[0])}", 0.15, "assignment")


def exchanges(scene: Scene, node: Any) -> Iterator[Edit]:
    """Two variables of a statement the other way round."""
    if not is_simple(node):
        return
    loads = [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    used = [n for n in loads if n.id in scene.births and n.id not in OWN and scene.words(n) == n.id]
    used.sort(key=lambda n: (n.lineno, n.col_offset))
    for number, left in enumerate(used):
        for right in used[number + 1 :]:
            if left.id != right.id:
                prior = 0.25 * scene.alike(left.id, right.id)
                yield from exchanged(scene, left, right, prior, "swapped names")


def branches(scene: Scene, node: Any) -> Iterator[Edit]:
    """`if` for `elif` and the other way round, `while` for `if`."""
    start = scene.source.span(node)[0]
    text = scene.source.text
    if isinstance(node, ast.While):
        yield Edit(start, start + 5, "if", 0.1, node.lineno, "branch")
        return
    if text.startswith("elif", start):
        yield Edit(start, start + 4, "if", 0.3, node.lineno, "branch")
        return
    yield Edit(start, start + 2, "while", 0.25, node.lineno, "branch")
    if isinstance(scene.before(node), ast.If):
        yield Edit(start, start + 2, "elif", 0.25, node.lineno, "branch")


def order(scene: Scene, node: Any) -> Iterator[Edit]:
    """Two neighbours the other way round; a statement one level further out or in."""
    before = scene.before(node)
    if before is not None and is_simple(node) and is_simple(before) and not is_text(before):
        start, end = scene.source.span(before)[0], scene.source.span(node)[1]
        between = scene.source.text[scene.source.span(before)[1] : scene.source.span(node)[0]]
        if not between.strip():
            text = f"{scene.source.of(node)}{between}{scene.source.of(before)}"
            yield Edit(start, end, text, 0.15, node.lineno, "order")
    yield from _outdented(scene, node)
    yield from _indented(scene, node, before)


def _outdented(scene: Scene, node: Any) -> Iterator[Edit]:
    """Move the last statement of a block out of it."""
    block, holder = scene.block(node), scene.parents.get(node)
    if not is_simple(node) or len(block) < 2 or block[-1] is not node or not isinstance(holder, ast.stmt):
        return
    if holder is scene.node or getattr(holder, "orelse", None) or not scene.starts_line(node):
        return
    start, end = scene.source.span(node)
    line_start = scene.source.text.rfind("\n", 0, start) + 1
    yield Edit(line_start, end, " " * holder.col_offset + scene.source.of(node), 0.3, node.lineno, "moved out")


def _indented(scene: Scene, node: Any, before: Any) -> Iterator[Edit]:
    """Move a statement to the end of the block before it."""
    block = getattr(before, "orelse", None) or getattr(before, "body", None)
    if not is_simple(node) or not block or isinstance(before, FUNCTIONS) or not scene.starts_line(node):
        return
    start, end = scene.source.span(node)
    line_start = scene.source.text.rfind("\n", 0, start) + 1
    while isinstance(before, (ast.For, ast.While, ast.If, ast.With)):
        inner = getattr(before, "orelse", None) or before.body
        indent = " " * inner[0].col_offset
        yield Edit(line_start, end, indent + scene.source.of(node), 0.15, node.lineno, "moved in")
        before = inner[-1]


def deletions(scene: Scene, node: Any) -> Iterator[Edit]:
    """A statement less: the last resort, since most tests can be pleased by doing less."""
    if is_simple(node) and not isinstance(node, (ast.Pass, ast.Import, ast.ImportFrom)) and not is_text(node):
        yield scene.replace(node, "pass", 0.03, "deletion")


def is_text(node: ast.AST) -> bool:
    """Tell whether a statement is a bare text, such as documentation."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_simple(node: ast.AST) -> bool:
    """Tell whether a statement holds no others."""
    return not hasattr(node, "body")
