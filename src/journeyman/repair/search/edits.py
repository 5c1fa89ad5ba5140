"""One edit of a function, and the small pieces of text that templates build from."""

from __future__ import annotations

import ast
import re

import msgspec

from journeyman.repair.search.scope import Scene

_LOOSE = (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.UnaryOp, ast.NamedExpr)
_OPERATOR = (ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.Attribute, ast.Subscript, ast.Starred, ast.Await)


class Edit(msgspec.Struct, frozen=True):
    """Replace the text between two offsets. `prior` is how likely such an edit mends, from 0 to 1.

    `line` is where it acts, `template` what kind of edit it is.
    """

    start: int
    end: int
    text: str
    prior: float
    line: int
    template: str


def replace(scene: Scene, node: ast.expr | ast.stmt, text: str, prior: float, template: str) -> Edit:
    """Return the edit that puts a text in a node's place."""
    start, end = scene.span(node)
    return Edit(start, end, text, prior, node.lineno, template)


def put(scene: Scene, node: ast.expr, within: ast.expr) -> str:
    """Return a node's text so that it may stand where `within` stands, in parentheses if operators demand it."""
    words = scene.words(node)
    held = isinstance(scene.parents.get(within), _OPERATOR)
    return f"({words})" if held and isinstance(node, _LOOSE) and not _enclosed(scene, within) else words


def _enclosed(scene: Scene, node: ast.expr) -> bool:
    """Tell whether parentheses stand around a node already."""
    start, end = scene.span(node)
    text = scene.source.text
    return text[:start].rstrip().endswith("(") and text[end:].lstrip().startswith(")")


def gap(scene: Scene, left: ast.expr, right: ast.expr, pattern: str) -> tuple[int, int] | None:
    """Return where an operator stands between two operands."""
    start, end = scene.span(left)[1], scene.span(right)[0]
    found = re.compile(pattern).search(scene.source.text, start, end)
    return (found.start(), found.end()) if found and "#" not in scene.source.text[start:end] else None
