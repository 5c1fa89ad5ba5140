"""Templates that give several parts of a function another shape at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .scene import Scene
from .source import Edit
from .statements import is_text

_FARTHEST = 6
"""Statements that another one is moved over."""


def at_once(scene: Scene, node: Any) -> Iterator[Edit]:
    """Two assignments at once, where the second reads what the first has changed already."""
    before = scene.before(node)
    if not isinstance(before, ast.Assign) or len(before.targets) != 1 or len(node.targets) != 1:
        return
    first, second = before.targets[0], node.targets[0]
    read = {scene.words(each) for each in ast.walk(node.value) if isinstance(each, (ast.Name, ast.Attribute))}
    if scene.words(first) in read and not isinstance(first, ast.Tuple) and not isinstance(second, ast.Tuple):
        values = f"{scene.words(before.value)}, {scene.words(node.value)}"
        text = f"{scene.words(first)}, {scene.words(second)} = {values}"
        start, end = scene.source.span(before)[0], scene.source.span(node)[1]
        yield Edit(start, end, text, 0.35, node.lineno, "assignment")


def lower_bounds(scene: Scene, node: Any) -> Iterator[Edit]:
    """What is asked to be below something is asked to be no less than zero too."""
    parts = node.values if isinstance(node, ast.BoolOp) else [node]
    open_ones = [part for part in parts if _has_no_lower_bound(part)]
    if not open_ones or (isinstance(node, ast.BoolOp) and len(open_ones) < 2):
        return
    (start, end), text = scene.source.span(node), scene.source.text
    for part in reversed(open_ones):
        place = scene.source.span(part)[0]
        text = f"{text[:place]}0 <= {text[place:]}"
    longer = text[start : end + len("0 <= ") * len(open_ones)]
    yield Edit(start, end, longer, 0.15, node.lineno, "bound")


def _has_no_lower_bound(part: ast.expr) -> bool:
    return (
        isinstance(part, ast.Compare)
        and len(part.ops) == 1
        and isinstance(part.ops[0], (ast.Lt, ast.LtE))
        and not isinstance(part.left, ast.Constant)
        and not isinstance(part.comparators[0], ast.Constant)
    )


def remainders(scene: Scene, node: Any) -> Iterator[Edit]:
    """A sum or difference that goes round, such as days of the week: its remainder by a number of the function."""
    parent = scene.parents.get(node)
    if not isinstance(node.op, (ast.Add, ast.Sub)) or isinstance(parent, (ast.BinOp, ast.JoinedStr)):
        return
    found = (n.value for n in scene.nodes if isinstance(n, ast.Constant) and type(n.value) is int)
    for value in dict.fromkeys(value for value in found if value > 1):
        yield scene.replace(node, f"({scene.words(node)}) % {value}", 0.12, "added operand")
    for name in scene.variables:
        if scene.holds(name, "int"):
            yield scene.replace(node, f"({scene.words(node)}) % {name}", 0.04, "added operand")
        elif scene.holds(name, "list", "tuple", "str"):
            yield scene.replace(node, f"({scene.words(node)}) % len({name})", 0.06, "added operand")


def sort_keys(scene: Scene, node: Any) -> Iterator[Edit]:
    """A key of several parts where only some of them are to be sorted the other way round."""
    given = {keyword.arg: keyword for keyword in node.keywords}
    key, turned = given.get("key"), given.get("reverse")
    parts = key.value.body if key and isinstance(key.value, ast.Lambda) else None
    if not isinstance(parts, ast.Tuple) or not turned or scene.words(turned.value) != "True":
        return
    words = [scene.words(part) for part in parts.elts]
    text, (start, end) = scene.source.text, scene.source.span(node)
    (first, last), (begin, close) = scene.source.span(parts), scene.source.span(turned)
    comma = text.rfind(",", start, begin)
    if begin < last or comma < 0:
        return
    for kept in range(1, len(words)):
        turned_parts = ", ".join([*(f"-{each}" for each in words[:-kept]), *words[-kept:]])
        whole = f"{text[start:first]}({turned_parts}){text[last:comma]}{text[close:end]}"
        yield Edit(start, end, whole, 0.3 / kept, node.lineno, "argument")


def chains(scene: Scene, node: Any) -> Iterator[Edit]:
    """Two calls of a chain of methods the other way round."""
    inner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        base, middle = scene.source.span(inner.func.value)[1], scene.source.span(inner)[1]
        end, text = scene.source.span(node)[1], scene.source.text
        if "#" not in text[base:end] and text[base:middle].strip() != text[middle:end].strip():
            yield Edit(base, end, text[middle:end] + text[base:middle], 0.2, node.lineno, "order")


def moved(scene: Scene, node: Any) -> Iterator[Edit]:
    """A statement behind a later one of its block, or before an earlier one, farther than its neighbour."""
    block = scene.block(node)
    position = block.index(node) if node in block else -1
    if position < 0 or is_text(node) or isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
        return
    simple = not hasattr(node, "body")
    for other in range(max(0, position - _FARTHEST), min(len(block), position + _FARTHEST + 1)):
        distance = abs(other - position)
        if distance == 0 or (distance == 1 and simple and not hasattr(block[other], "body")) or is_text(block[other]):
            continue
        if all(scene.starts_line(each) for each in block[min(position, other) : max(position, other) + 1]):
            yield _moved(scene, block, position, other, 0.12 / distance)


def _moved(scene: Scene, block: list[ast.stmt], position: int, other: int, prior: float) -> Edit:
    text, (start, end) = scene.source.text, scene.source.span(block[position])
    indent = " " * block[position].col_offset
    if other > position:
        after, last = scene.source.span(block[position + 1])[0], scene.source.span(block[other])[1]
        return Edit(
            start, last, f"{text[after:last]}\n{indent}{text[start:end]}", prior, block[other].lineno, "order"
        )
    first, before = scene.source.span(block[other])[0], scene.source.span(block[position - 1])[1]
    return Edit(first, end, f"{text[start:end]}\n{indent}{text[first:before]}", prior, block[other].lineno, "order")


def better_ones(scene: Scene, node: Any) -> Iterator[Edit]:
    """What is put into a collection only where nothing is: also where what is there is worse."""
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.NotIn):
        return
    holder = scene.parents.get(node)
    place = f"{scene.words(node.comparators[0])}[{scene.words(node.left)}]"
    for each in holder.body if isinstance(holder, ast.If) and holder.test is node else ():
        if isinstance(each, ast.Assign) and [scene.words(target) for target in each.targets] == [place]:
            for sign in ("<", ">"):
                text = f"{scene.words(node)} or {scene.closed(each.value)} {sign} {place}"
                yield scene.replace(node, text, 0.25, "added condition")
