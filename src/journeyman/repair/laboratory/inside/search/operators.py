"""Templates for operators: comparisons, arithmetic, `and`, `or`, `not`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from .scene import Scene
from .source import Edit

COMPARISONS: dict[Any, tuple[str, dict[str, float]]] = {
    ast.Lt: ("<", {"<=": 0.95, ">": 0.5, ">=": 0.4, "!=": 0.2, "==": 0.15}),
    ast.LtE: ("<=", {"<": 0.95, ">=": 0.5, ">": 0.4, "==": 0.2}),
    ast.Gt: (">", {">=": 0.95, "<": 0.5, "<=": 0.4, "!=": 0.2, "==": 0.15}),
    ast.GtE: (">=", {">": 0.95, "<=": 0.5, "<": 0.4, "==": 0.2}),
    ast.Eq: ("==", {"!=": 0.7, "<=": 0.3, ">=": 0.3, "in": 0.1, "<": 0.1, ">": 0.1, "is": 0.1}),
    ast.NotEq: ("!=", {"==": 0.7, "<": 0.2, ">": 0.2, "is not": 0.1}),
    ast.In: (r"\bin\b", {"not in": 0.7, "==": 0.1}),
    ast.NotIn: (r"\bnot\s+in\b", {"in": 0.7, "!=": 0.1}),
    ast.Is: (r"\bis\b", {"is not": 0.7, "==": 0.5}),
    ast.IsNot: (r"\bis\s+not\b", {"is": 0.7, "!=": 0.5}),
}

OPERATORS: dict[Any, tuple[str, dict[str, float]]] = {
    ast.Add: (r"\+", {"-": 0.7, "*": 0.35, "|": 0.05}),
    ast.Sub: ("-", {"+": 0.7, "*": 0.1, "/": 0.1, "%": 0.1}),
    ast.Mult: (r"\*", {"+": 0.35, "/": 0.4, "**": 0.3, "//": 0.3, "-": 0.1}),
    ast.Div: ("/", {"//": 0.7, "*": 0.5, "%": 0.2, "-": 0.1}),
    ast.FloorDiv: ("//", {"/": 0.7, "%": 0.5, "*": 0.3, "-": 0.1}),
    ast.Mod: ("%", {"//": 0.6, "/": 0.3, "*": 0.1}),
    ast.Pow: (r"\*\*", {"*": 0.6}),
    ast.LShift: ("<<", {">>": 0.7}),
    ast.RShift: (">>", {"<<": 0.7}),
    ast.BitAnd: ("&", {"|": 0.7, "^": 0.5}),
    ast.BitOr: (r"\|", {"&": 0.7, "^": 0.4}),
    ast.BitXor: (r"\^", {"&": 0.6, "|": 0.6}),
    ast.MatMult: ("@", {"*": 0.3}),
}


_ARITHMETIC = ("+", "-", "*", "/", "//", "%")


def gap(scene: Scene, left: ast.expr, right: ast.expr, pattern: str) -> tuple[int, int] | None:
    """Return where an operator stands between two operands."""
    start, end = scene.source.span(left)[1], scene.source.span(right)[0]
    found = re.compile(pattern).search(scene.source.text, start, end)
    return (found.start(), found.end()) if found and "#" not in scene.source.text[start:end] else None


def comparisons(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another comparison, or the operands the other way round."""
    lefts = [node.left, *node.comparators]
    for operator, left, right in zip(node.ops, lefts, node.comparators):
        pattern, others = COMPARISONS[type(operator)]
        place = gap(scene, left, right, pattern)
        for other, prior in others.items() if place else ():
            yield Edit(*(place or (0, 0)), other, prior, node.lineno, "comparison")
    if len(node.ops) == 1:
        yield from swapped(scene, node, node.left, node.comparators[0], 0.1)


def bounds(scene: Scene, node: Any) -> Iterator[Edit]:
    """Both the comparison and the number it compares with; the length or the last part compared."""
    if len(node.ops) != 1:
        return
    left, right = scene.words(node.left), node.comparators[0]
    if isinstance(right, ast.Constant) and type(right.value) is int:
        value = right.value
        for text, prior in ((f"<= {value + 1}", 0.3), (f"< {value + 2}", 0.12), (f">= {value - 1}", 0.12)):
            if isinstance(node.ops[0], (ast.Eq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
                yield scene.replace(node, f"{left} {text}", prior, "bound")
    if isinstance(node.left, ast.Name) and not isinstance(right, ast.Constant):
        for pattern in ("len({})", "abs({})"):
            yield scene.replace(node.left, pattern.format(left), 0.05, "wrapper")


def operators(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another arithmetic operator, one operand alone, or the operands the other way round."""
    pattern, others = OPERATORS[type(node.op)]
    place = gap(scene, node.left, node.right, pattern)
    by_one = any(isinstance(each, ast.Constant) and each.value == 1 for each in (node.left, node.right))
    text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str) and "%" in node.left.value
    others = {**others, "%": 0.6} if text and not isinstance(node.op, ast.Mod) else others
    rest = {other: 0.05 for other in _ARITHMETIC if pattern.replace("\\", "") in _ARITHMETIC}
    for other, prior in {**rest, **others}.items() if place else ():
        nothing = by_one and other in ("*", "/", "//", "**")  # it would say in a roundabout way that the one goes
        yield Edit(*(place or (0, 0)), other, prior * (0.1 if nothing else 1), node.lineno, "operator")
    yield scene.replace(node, scene.put(node.left, node), 0.3, "dropped operand")
    yield scene.replace(node, scene.put(node.right, node), 0.2, "dropped operand")
    if not isinstance(node.op, (ast.Add, ast.Mult)) or not isinstance(node.right, ast.Constant):
        yield from swapped(scene, node, node.left, node.right, 0.35)


def grouping(scene: Scene, node: Any) -> Iterator[Edit]:
    """Other parentheses: `a + b * c` for `(a + b) * c` and the other way round."""
    for inner, outer_first in ((node.left, False), (node.right, True)):
        if not isinstance(inner, ast.BinOp):
            continue
        held, loose = (inner.left, inner.right) if outer_first else (inner.right, inner.left)
        if outer_first:
            first, second = scene.words(node.left), scene.words(held)
            outer, within = (_sign(node.op), _sign(inner.op))
            text = f"({first} {outer} {second}) {within} {scene.words(loose)}"
        else:
            outer, within = (_sign(inner.op), _sign(node.op))
            text = f"{scene.words(loose)} {outer} ({scene.words(held)} {within} {scene.words(node.right)})"
        yield scene.replace(node, text, 0.15, "grouping")


def _sign(operator: ast.operator) -> str:
    return OPERATORS[type(operator)][0].replace("\\", "")


def connectives(scene: Scene, node: Any) -> Iterator[Edit]:
    """`and` for `or`, one operand less."""
    own, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in zip(node.values, node.values[1:]):
        place = gap(scene, left, right, rf"\b{own}\b")
        if place:
            yield Edit(*place, other, 0.7, node.lineno, "connective")
    for value in node.values:
        rest = [scene.closed(kept) for kept in node.values if kept is not value]
        yield scene.replace(node, f" {own} ".join(rest), 0.2, "dropped operand")


def negations(scene: Scene, node: Any) -> Iterator[Edit]:
    """A `not` or a minus too many or too few."""
    parent = scene.parents.get(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield scene.replace(node, scene.put(node.operand, node), 0.5, "negation")
    elif isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)) and parent.test is node:
        yield scene.replace(node, f"not {scene.closed(node)}", 0.45, "negation")
    elif (isinstance(parent, ast.BoolOp) and not isinstance(node, ast.Compare)) or (
        isinstance(parent, ast.comprehension) and node in parent.ifs
    ):
        yield scene.replace(node, f"not {scene.closed(node)}", 0.3, "negation")
    elif isinstance(parent, ast.Return) and isinstance(node, (ast.Compare, ast.BoolOp, ast.Call, ast.Name)):
        yield scene.replace(node, f"not {scene.closed(node)}", 0.2, "negation")
    elif (
        isinstance(parent, (ast.Assign, ast.keyword))
        and isinstance(node, (ast.Name, ast.Call, ast.BoolOp, ast.Attribute))
        and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    ):
        yield scene.replace(node, f"not {scene.closed(node)}", 0.06, "negation")
    numeric = isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.BinOp))
    placed = isinstance(parent, (ast.Return, ast.Assign, ast.IfExp, ast.Lambda, ast.Tuple))
    if numeric and placed and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield scene.replace(node, f"-{scene.closed(node)}", 0.12, "negation")


def swapped(scene: Scene, node: ast.expr, left: ast.expr, right: ast.expr, prior: float) -> Iterator[Edit]:
    """The two operands of an operator the other way round, with the parentheses they stand in."""
    middle = gap(scene, left, right, r"[^\s()].*[^\s()]|[^\s()]")
    if middle is None:
        return
    (start, end), text = scene.source.span(node), scene.source.text
    first, operator, second = text[start : middle[0]].rstrip(), text[slice(*middle)], text[middle[1] : end].lstrip()
    if isinstance(left, ast.BinOp) and not first.startswith("("):
        first = f"({first})"
    if first != second:
        yield Edit(start, end, f"{second} {operator} {first}", prior, node.lineno, "swapped operands")
