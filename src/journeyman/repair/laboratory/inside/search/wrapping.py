"""Templates that put something around an expression or beside it: a call, an operand, a condition."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .scene import Scene
from .source import Edit

_LOADED = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.BinOp, ast.ListComp, ast.List, ast.GeneratorExp,
           ast.IfExp, ast.SetComp)  # fmt: skip
_TEXTS = {"{}.strip()": 0.14, "{}.lower()": 0.12, "{}.upper()": 0.08, "{}.rstrip()": 0.05, "{}.lstrip()": 0.04,
          "{}.split()": 0.06, "{}.title()": 0.03}  # fmt: skip
_SEQUENCES = ("list", "tuple", "str", "deque", "bytes")


def wrappers(scene: Scene, node: Any) -> Iterator[Edit]:
    """A call that is missing around an expression, by where it stands."""
    parent = scene.parents.get(node)
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    words = scene.words(node)
    for pattern, prior in _around(scene, node, parent, words):
        text = pattern.replace("{}", scene.closed(node) if pattern.startswith("{}") else words)
        yield scene.replace(node, text, prior, "wrapper")


def _around(scene: Scene, node: Any, parent: Any, words: str) -> Iterator[tuple[str, float]]:
    """Yield patterns and their priors."""
    sequence, text = scene.may_be(words, *_SEQUENCES), scene.may_be(words, "str")
    if isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is node:
        yield from _iterated(scene, words)
    elif isinstance(parent, ast.Return):
        for call in ("len", "sorted", "list", "abs", "int", "str", "tuple", "set", "sum", "bool", "float", "dict"):
            yield f"{call}({{}})", 0.06
        yield from (("[{}]", 0.12), ("{}[0]", 0.06 * sequence), ("{}[::-1]", 0.12 * sequence), ("round({}, 2)", 0.06))
        yield from (("max(0, {})", 0.1), ("min({}, 1)", 0.04), ("''.join({})", 0.08), ("{}[1:]", 0.06 * sequence))
        yield from _copies(scene, words, 0.15)
    elif isinstance(parent, ast.Assign):
        for call in ("sorted", "list", "int", "abs", "set", "str", "float", "len"):
            yield f"{call}({{}})", 0.05
        yield from (("max(0, {})", 0.15), ("{}[::-1]", 0.06 * sequence), ("[{}]", 0.04))
        if len(parent.targets) == 1 and isinstance(parent.targets[0], (ast.Name, ast.Attribute, ast.Subscript)):
            target = scene.words(parent.targets[0])
            if target != words and not isinstance(node, (ast.List, ast.ListComp)):
                yield from ((f"max({target}, {{}})", 0.2), (f"min({target}, {{}})", 0.15))
        yield from _copies(scene, words, 0.2)
    elif isinstance(parent, (ast.Call, ast.keyword)) and getattr(parent, "func", None) is not node:
        for call in ("list", "len", "sorted", "str", "int", "abs", "float", "set", "tuple"):
            yield f"{call}({{}})", 0.06
        yield from (("{}[1:]", 0.08 * sequence), ("{}[0]", 0.05 * sequence), ("{}[:-1]", 0.05 * sequence))
        yield from (("[{}]", 0.06), ("{}[::-1]", 0.04 * sequence))
        yield from _copies(scene, words, 0.12)
    elif isinstance(parent, (ast.Compare, ast.Subscript, ast.BinOp, ast.Dict, ast.DictComp, ast.ListComp, ast.Tuple)):
        for call in ("len", "abs", "int", "str", "sorted", "float", "set"):
            yield f"{call}({{}})", 0.05
    for pattern, prior in _TEXTS.items() if text > 0.2 and not isinstance(parent, (ast.For, ast.BinOp)) else ():
        yield pattern, prior * text


def _iterated(scene: Scene, words: str) -> Iterator[tuple[str, float]]:
    sequence = scene.may_be(words, *_SEQUENCES)
    for call in ("sorted", "reversed", "list", "set", "enumerate"):
        yield f"{call}({{}})", 0.15
    for pattern in ("{}[1:]", "{}[:-1]", "{}[::-1]", "{}.split()", "{}.splitlines()"):
        yield pattern, 0.15 * sequence
    yield from (("{}.items()", 0.2 * scene.may_be(words, "dict")), ("range(len({}))", 0.1), ("range({})", 0.1))
    yield from (("{}.values()", 0.2 * scene.may_be(words, "dict")), ("{}.keys()", 0.03), ("zip({}, {}[1:])", 0.02))
    for name in scene.variables:
        if scene.may_be(name, "int") >= 0.5:
            yield f"{{}}[{name}:]", 0.12 * sequence
            yield f"{{}}[:{name}]", 0.1 * sequence


def _copies(scene: Scene, words: str, prior: float) -> Iterator[tuple[str, float]]:
    """Yield the ways to copy what a name holds, for those that are handed out and changed later."""
    for kind, pattern in (("list", "list({})"), ("dict", "dict({})"), ("set", "set({})")):
        if scene.holds(words, kind):
            yield pattern, prior
    if words.isidentifier() and not scene.types.get(words):
        yield "{}.copy()", prior / 3


def own_calls(scene: Scene, node: Any) -> Iterator[Edit]:
    """A call of one of the file's own functions that is missing."""
    parent = scene.parents.get(node)
    stands = isinstance(parent, (ast.Return, ast.Assign, ast.Call, ast.BinOp, ast.ListComp, ast.GeneratorExp))
    if (
        not stands
        or getattr(parent, "func", None) is node
        or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    ):
        return
    words = scene.words(node)
    for name in scene.functions[:8]:
        yield scene.replace(node, f"{name}({words})", 0.06, "wrapper")
    for name in scene.methods if scene.parameters_of_self() else ():
        yield scene.replace(node, f"self.{name}({words})", 0.04, "wrapper")


def added_operands(scene: Scene, node: Any) -> Iterator[Edit]:
    """A term or factor that is missing."""
    parent = scene.parents.get(node)
    place = _operand_prior(node, parent)
    if not place or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    words, closed = scene.words(node), scene.closed(node)
    for pattern, prior in (("{} ** 2", 0.5), ("{} * 2", 0.4), ("{} // 2", 0.3), ("-{}", 0.1), ("1 - {}", 0.2)):
        numeric = scene.may_be(words, "int", "float")
        yield scene.replace(
            node, scene.open(node, pattern.replace("{}", closed)), place * prior * numeric, "added operand"
        )
    for name in scene.variables:
        if name == words:
            continue
        share = place * scene.alike(words, name)
        for pattern, prior in (
            ("{} + {}", 1.0),
            ("{} - {}", 0.8),
            ("{} * {}", 0.4),
            ("{} // {}", 0.2),
            ("{} % {}", 0.3),
        ):
            additive = 1.0 if pattern == "{} + {}" else scene.may_be(name, "int", "float")
            text = scene.open(node, pattern.format(closed, name))
            yield scene.replace(node, text, share * prior * additive, "added operand")
        yield scene.replace(node, scene.open(node, f"{name} + {closed}"), share * 0.6, "added operand")


def _operand_prior(node: ast.AST, parent: ast.AST | None) -> float:
    if isinstance(parent, ast.Return):
        return 0.12
    if isinstance(parent, (ast.Assign, ast.AugAssign)):
        return 0.1
    if isinstance(parent, ast.Call):
        return 0.12 if parent.func is not node else 0.0
    if isinstance(parent, (ast.Slice, ast.Subscript, ast.Compare)):
        return 0.08 if getattr(parent, "value", None) is not node else 0.0
    return 0.08 if isinstance(parent, (ast.BinOp, ast.Tuple, ast.IfExp, ast.ListComp, ast.Dict)) else 0.0


def conditions(scene: Scene, node: Any) -> Iterator[Edit]:
    """A condition that asks too little, or of the wrong thing."""
    parent = scene.parents.get(node)
    if not isinstance(parent, (ast.If, ast.While, ast.IfExp)) or parent.test is not node:
        return
    words = scene.closed(node)
    conjunction = words if not isinstance(node, ast.BoolOp) else f"({scene.words(node)})"
    for name in [*scene.variables, *(f"self.{field}" for field in scene.fields if scene.parameters_of_self())]:
        for pattern, prior in _clauses(scene, name):
            yield scene.replace(node, f"{conjunction} and {pattern}", prior, "added condition")
        for pattern, prior in _guards(scene, name):
            yield scene.replace(node, f"{pattern} or {conjunction}", prior, "added condition")
            yield scene.replace(node, f"{conjunction} or {pattern}", prior * 0.9, "added condition")
        yield scene.replace(node, name, 0.06, "condition")
        yield scene.replace(node, f"{name} and {conjunction}", 0.07, "added condition")
    for constant in ("True", "False"):
        if not isinstance(node, ast.Constant):
            yield scene.replace(node, constant, 0.01, "constant condition")


def _clauses(scene: Scene, name: str) -> Iterator[tuple[str, float]]:
    yield from ((name, 0.07), (f"not {name}", 0.05), (f"{name} is not None", 0.06))
    if scene.may_be(name, "int", "float") >= 0.5:
        yield from ((f"{name} > 0", 0.07), (f"{name} >= 0", 0.05), (f"{name} != 0", 0.05))
        for other in scene.variables:
            if other != name and scene.may_be(other, "int", "float") == 1.0:
                yield from ((f"{name} < {other}", 0.04), (f"{name} != {other}", 0.03), (f"{name} <= {other}", 0.03))
    for other in scene.variables:
        if other != name and scene.holds(other, "list", "set", "dict", "frozenset", "tuple"):
            yield from ((f"{name} not in {other}", 0.08), (f"{name} in {other}", 0.04))
        if scene.may_be(name, "int") >= 0.5 and scene.holds(other, *_SEQUENCES):
            yield f"{name} < len({other})", 0.06


def _guards(scene: Scene, name: str) -> Iterator[tuple[str, float]]:
    nothing = scene.holds(name, "NoneType")
    yield from ((f"not {name}", 0.08), (name, 0.03), (f"{name} is None", 0.25 if nothing else 0.07))
    if scene.may_be(name, "int", "float") >= 0.5:
        yield from ((f"{name} == 0", 0.05), (f"{name} < 0", 0.06), (f"{name} <= 0", 0.05), (f"{name} == 1", 0.03))


def filters(scene: Scene, node: Any) -> Iterator[Edit]:
    """A condition of a comprehension that is missing or too much."""
    end = scene.source.span(node.iter)[1]
    while scene.source.text[end : end + 1] == ")" and scene.source.text[:end].count("(") > 0:
        break
    parts = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
    line = node.iter.lineno
    if not node.ifs:
        for name in parts:
            yield Edit(end, end, f" if {name}", 0.12, line, "filter")
            yield Edit(end, end, f" if {name} is not None", 0.08, line, "filter")
            for other in scene.variables:
                if other not in parts:
                    yield Edit(end, end, f" if {name} != {other}", 0.05, line, "filter")
                    yield Edit(end, end, f" if {name} not in {other}", 0.05, line, "filter")
        return
    last = scene.source.span(node.ifs[-1])[1]
    yield Edit(end, last, "", 0.1, line, "filter")
