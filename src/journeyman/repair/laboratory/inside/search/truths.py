"""Templates for what is asked: nothing or empty, the kinds of a thing, how `and`, `or` and `not` hold together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .scene import Scene
from .source import Edit

_TESTING = (ast.If, ast.While, ast.IfExp, ast.Assert)
_ASKED = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
_KINDS = {"str": ("bytes",), "bytes": ("bytearray", "str"), "int": ("float",), "float": ("int",), "dict": ("list",),
          "list": ("tuple", "set"), "tuple": ("list",), "set": ("frozenset",)}  # fmt: skip
_EMPTY = ("[]", "''", "{}", "0", "()")


def asked(scene: Scene, node: ast.AST) -> bool:
    """Tell whether only the truth of an expression counts where it stands."""
    parent = scene.parents.get(node)
    while isinstance(parent, ast.BoolOp) or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)):
        node, parent = parent, scene.parents.get(parent)
    if isinstance(parent, ast.comprehension):
        return node in parent.ifs
    return isinstance(parent, _TESTING) and parent.test is node


def truths(scene: Scene, node: Any) -> Iterator[Edit]:
    """Empty for nothing, and the other way round."""
    if not asked(scene, node):
        return
    if isinstance(node, _ASKED):
        words = scene.words(node)
        likely = 0.25 if scene.holds(words, "NoneType") else 0.12
        yield scene.replace(node, scene.open(node, f"{words} is not None"), likely, "truth")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and isinstance(node.operand, _ASKED):
        yield scene.replace(node, f"{scene.words(node.operand)} is None", 0.2, "truth")
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.comparators[0], ast.Constant):
        words, value = scene.closed(node.left), node.comparators[0].value
        if value is None or value in (0, ""):
            negated = isinstance(node.ops[0], (ast.Is, ast.Eq))
            yield scene.replace(node, f"not {words}" if negated else words, 0.2 if value is None else 0.1, "truth")


def defaults(scene: Scene, node: Any) -> Iterator[Edit]:
    """What stands in for nothing: missing, or asked for by emptiness."""
    if isinstance(node, ast.BoolOp):
        if isinstance(node.op, ast.Or) and len(node.values) == 2 and not asked(scene, node):
            first, second = (scene.words(value) for value in node.values)
            text = f"{first} if {first} is not None else {second}"
            yield scene.replace(node, scene.open(node, text), 0.2, "default")
        return
    parent = scene.parents.get(node)
    stands = isinstance(parent, (ast.Assign, ast.Return, ast.keyword)) or (
        isinstance(parent, ast.Call) and parent.func is not node
    )
    if not stands or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    words = scene.words(node)
    likely = 0.12 if scene.holds(words, "NoneType") else 0.02 if scene.types.get(words) else 0.04
    for empty in _EMPTY:
        yield scene.replace(node, f"{words} or {empty}", likely, "default")


def kinds(scene: Scene, node: Any) -> Iterator[Edit]:
    """A kind too few or too many where a thing is asked for its kind."""
    if not isinstance(node.func, ast.Name) or node.func.id not in ("isinstance", "issubclass") or len(node.args) != 2:
        return
    place = node.args[1]
    given = [scene.words(each) for each in (place.elts if isinstance(place, ast.Tuple) else [place])]
    others = {other: 0.1 for name in given for other in _KINDS.get(name, ())}
    for piece in scene.ingredients.calls_by_name.get(node.func.id, ()):
        if len(piece.node.args) == 2:
            kind = piece.node.args[1]
            for each in kind.elts if isinstance(kind, ast.Tuple) else [kind]:
                others[scene.words(each)] = 0.15
    for other, prior in others.items():
        if other not in given:
            yield scene.replace(place, f"({', '.join([*given, other])})", prior, "kind")
            yield scene.replace(place, other, prior * 0.8, "kind")
    for gone in given if len(given) > 1 else ():
        rest = [name for name in given if name != gone]
        yield scene.replace(place, rest[0] if len(rest) == 1 else f"({', '.join(rest)})", 0.12, "kind")


def regrouped(scene: Scene, node: Any) -> Iterator[Edit]:
    """Parentheses elsewhere among `and`, `or` and `not`."""
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.BoolOp):
            own = " and " if isinstance(node.operand.op, ast.And) else " or "
            first, *rest = (scene.closed(value) for value in node.operand.values)
            yield scene.replace(node, scene.open(node, own.join([f"not {first}", *rest])), 0.15, "grouping")
        return
    own, other = (" and ", " or ") if isinstance(node.op, ast.And) else (" or ", " and ")
    values = [scene.closed(value) for value in node.values]
    first, last = node.values[0], node.values[-1]
    if isinstance(first, ast.UnaryOp) and isinstance(first.op, ast.Not):
        inside = own.join([scene.closed(first.operand), *values[1:]])
        yield scene.replace(node, scene.open(node, f"not ({inside})"), 0.12, "grouping")
    if isinstance(first, ast.BoolOp):
        parts = [scene.closed(value) for value in first.values]
        text = f"{other.join(parts[:-1])}{other}({own.join([parts[-1], *values[1:]])})"
        yield scene.replace(node, scene.open(node, text), 0.15, "grouping")
    if isinstance(last, ast.BoolOp):
        parts = [scene.closed(value) for value in last.values]
        text = f"({own.join([*values[:-1], parts[0]])}){other}{other.join(parts[1:])}"
        yield scene.replace(node, scene.open(node, text), 0.15, "grouping")
