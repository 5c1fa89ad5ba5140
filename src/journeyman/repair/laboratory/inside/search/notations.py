"""Templates for the small languages inside of texts: regular expressions, formats, dates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from .scene import Scene
from .source import Edit

_MATCHING = frozenset({"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"})
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|.", re.DOTALL)
"""A part of a regular expression: an escape, a set, a count, or a character."""
_QUANTIFIERS = ("*", "+", "?")
_FIELD = re.compile(r"(?<!\{)\{([^{}:!]*)(![rsa])?(:[^{}]*)?\}")
"""A field of an f-string or of a text for `format`: name, conversion, format."""
_OLD_FIELD = re.compile(r"%([-0+ ]?\d*)(\.\d+)?([dxXofeg])")
_ALIGNED = str.maketrans("<>", "><")
_DATES = {"m": "Mb", "M": "mS", "H": "I", "I": "H", "y": "Y", "Y": "y", "d": "j", "j": "d", "b": "B", "B": "b",
          "a": "A", "A": "a", "S": "M"}  # fmt: skip
"""What is taken for one another in the formats of dates."""


def expressions(scene: Scene, node: Any) -> Iterator[Edit]:
    """A regular expression that takes too much or too little."""
    call = scene.parents.get(node)
    if not isinstance(call, ast.Call) or call.args[:1] != [node] or not isinstance(node.value, str):
        return
    if getattr(call.func, "attr", "") not in _MATCHING or scene.words(getattr(call.func, "value", call)) != "re":
        return
    start, end, text = _inside(scene, node)
    if not text:
        return
    for other, prior in _other_expressions([found.group() for found in _TOKEN.finditer(text)]):
        yield Edit(start, end, other, prior, node.lineno, "regular expression")
    close = scene.source.span(call)[1] - 1
    if len(call.args) == 1 and not call.keywords and getattr(call.func, "attr", "") == "compile":
        for flag in ("IGNORECASE", "MULTILINE", "DOTALL"):
            yield Edit(close, close, f", re.{flag}", 0.08, node.lineno, "added argument")


def _inside(scene: Scene, node: ast.AST) -> tuple[int, int, str]:
    """Return where the inside of a text of one line stands, and the inside; "" for any other."""
    (start, end), words = scene.source.span(node), scene.words(node)
    found = re.fullmatch(r"[rRbBuU]*(['\"])((?:\\.|(?!\1).)*)\1", words)
    return (start + found.start(2), start + found.end(2), found[2]) if found else (start, end, "")


def _other_expressions(tokens: list[str]) -> Iterator[tuple[str, float]]:
    greedy = [n for n, token in enumerate(tokens) if token in "*+" and tokens[n + 1 : n + 2] not in (["?"], ["+"])]
    for chosen, prior in [(greedy, 0.25), *(([n], 0.2) for n in greedy if len(greedy) > 1)]:
        if chosen:
            yield "".join(f"{token}?" if n in chosen else token for n, token in enumerate(tokens)), prior
    for n, token in enumerate(tokens):
        lazy = token == "?" and n > 1 and tokens[n - 1] in _QUANTIFIERS
        others = {"?": ("",) if lazy else ("", "*"), "*": ("+",), "+": ("*",), ".": (r"\.",)}.get(token, ())
        for other in others:
            yield "".join([*tokens[:n], other, *tokens[n + 1 :]]), 0.12
        if len(token) > 1 and token[0] in "\\[" and tokens[n + 1 : n + 2] not in ([each] for each in _QUANTIFIERS):
            yield "".join([*tokens[: n + 1], "+", *tokens[n + 1 :]]), 0.1
    whole = "".join(tokens)
    for pattern in (r"^{}$", r"^{}", r"{}$", r"\b{}\b", r"({})"):
        yield pattern.replace("{}", whole), 0.08


def formats(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another format of a field: its width, places behind the point, zeros before it, the side it stands on."""
    parent = scene.parents.get(node)
    if isinstance(parent, (ast.JoinedStr, ast.Expr)) or not isinstance(getattr(node, "value", ""), str):
        return
    words, start = scene.words(node), scene.source.span(node)[0]
    named = isinstance(node, ast.JoinedStr)
    if named or (isinstance(parent, ast.Attribute) and parent.attr == "format"):
        for found in _FIELD.finditer(words):
            name, conversion, form = found.groups()
            for other, prior in _other_formats(form or "", scene.may_be(name, "int", "float") if named else 0.5):
                text = f"{{{name}{conversion or ''}{other}}}"
                yield Edit(start + found.start(), start + found.end(), text, prior, node.lineno, "format")
    elif isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mod) and parent.left is node:
        for found in _OLD_FIELD.finditer(words):
            width, places, kind = found.groups()
            for other, prior in _other_formats(f":{width}{places or ''}{kind}", 1.0):
                yield Edit(start + found.start(), start + found.end(), f"%{other[1:]}", prior, node.lineno, "format")
    elif isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "format" and node in parent.args[1:]:
        for other, prior in _other_formats(f":{node.value}", 1.0):
            yield scene.replace(node, repr(other[1:]), prior, "format")


def _other_formats(form: str, numeric: float) -> Iterator[tuple[str, float]]:
    """Yield other formats, each with its colon; `numeric` is how likely a number is shown."""
    if not form:
        yield from (
            (":02d", 0.12 * numeric),
            (":.2f", 0.12 * numeric),
            (":,", 0.06 * numeric),
            (":02x", 0.02 * numeric),
        )
        return
    if form[-1] in "xXbod" and not re.search(r"\d", form):
        for width in ("02", "04", "08"):
            yield f"{form[:-1]}{width}{form[-1]}", 0.25 if width == "02" else 0.08
    for found in re.finditer(r"\d+", form):
        for value in (int(found[0]) + 1, int(found[0]) - 1):
            if value >= 0:
                width = f"{value:0{len(found[0])}}" if found[0].startswith("0") else str(value)
                yield f"{form[: found.start()]}{width}{form[found.end() :]}", 0.15
        if found[0][0] != "0" and form[: found.start()][-1:] != ".":
            yield f"{form[: found.start()]}0{form[found.start() :]}", 0.15
    if form.translate(_ALIGNED) != form:
        yield form.translate(_ALIGNED), 0.3
    if re.match(r":\d", form):
        yield from ((f":>{form[1:]}", 0.12), (f":<{form[1:]}", 0.12))
    if form[-1] in "fd" and "," not in form:
        head, point, tail = form[:-1].partition(".")
        yield f"{head},{point}{tail}{form[-1]}", 0.1


def dates(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another letter in the format of a date."""
    call = scene.parents.get(node)
    if not isinstance(call, ast.Call) or getattr(call.func, "attr", "") not in ("strftime", "strptime"):
        return
    start, end, text = _inside(scene, node)
    for found in re.finditer(r"%(\w)", text if isinstance(node.value, str) else ""):
        for letter in _DATES.get(found[1], ""):
            other = f"{text[: found.start()]}%{letter}{text[found.end() :]}"
            yield Edit(start, end, other, 0.2, node.lineno, "format")
