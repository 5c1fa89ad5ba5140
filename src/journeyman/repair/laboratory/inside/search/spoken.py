"""Templates for texts that came out wrong: what failing tests got and wanted shows where a constant differs."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .scene import Scene
from .source import Edit

_TEXT = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_PAIR = re.compile(rf"{_TEXT} (?:==|!=) {_TEXT}")
_CONTEXT = 6
_MOST_PAIRS = 6
_MOST_PLACES = 4


def pairs(messages: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the texts that failing tests compare."""
    found: dict[tuple[str, str], None] = {}
    for message in messages:
        for match in _PAIR.finditer(message):
            try:
                one, other = (ast.literal_eval(words) for words in match.groups())
            except (SyntaxError, ValueError):
                continue
            if isinstance(one, str) and isinstance(other, str) and one != other:
                found[one, other] = None
    return tuple(found)[:_MOST_PAIRS]


def texts(scene: Scene, node: Any) -> Iterator[Edit]:
    """A constant changed as the text that a test wanted differs from the one it got."""
    value = node.value
    if not isinstance(value, str) or scene.words(node)[:1] not in ("'", '"') or _documents(scene, node):
        return
    for one, other in scene.compared:
        for got, wanted in ((one, other), (other, one)):
            for text in dict.fromkeys(_carried(value, got, wanted)):
                yield scene.replace(node, repr(text), 0.4, "constant")


def _documents(scene: Scene, node: ast.AST) -> bool:
    return isinstance(scene.parents.get(node), (ast.JoinedStr, ast.FormattedValue, ast.Expr))


def _carried(value: str, got: str, wanted: str) -> Iterator[str]:
    """Yield a constant with a difference of two texts made in it, where its surroundings are the same."""
    codes = difflib.SequenceMatcher(None, got, wanted, autojunk=False).get_opcodes()
    for kind, start, end, first, last in [code for code in codes if code[0] != "equal"][:_MOST_PLACES]:
        for before in range(min(_CONTEXT, start), -1, -1):
            for after in range(min(_CONTEXT, len(got) - end), -1, -1):
                old = got[start - before : end + after]
                if len(old) >= (1 if kind != "insert" else 2) and value.count(old) == 1:
                    yield value.replace(
                        old, got[start - before : start] + wanted[first:last] + got[end : end + after]
                    )
                    break
