"""Templates for what an expression names: constants, variables, attributes, exceptions."""

from __future__ import annotations

import ast
import builtins
import difflib
from collections.abc import Iterator
from typing import Any

from .scene import OWN, Scene
from .source import Edit

_KIN = (
    ("min", "max"), ("any", "all"), ("sum", "len", "max", "min"), ("append", "extend", "insert", "appendleft"),
    ("pop", "popleft", "popitem"), ("sorted", "reversed", "list"), ("add", "discard", "remove", "update"),
    ("floor", "ceil", "trunc"), ("lower", "upper"), ("title", "capitalize", "upper"), ("startswith", "endswith"),
    ("lstrip", "rstrip", "strip"), ("find", "rfind", "index"), ("index", "rindex"), ("isupper", "islower"),
    ("split", "rsplit", "splitlines"), ("ljust", "rjust", "zfill", "center"), ("keys", "values", "items"),
    ("union", "intersection", "difference", "symmetric_difference"), ("int", "float", "round"),
    ("list", "tuple", "set"), ("get", "pop", "setdefault"), ("heappush", "heappop", "heappushpop"),
    ("isdigit", "isalpha", "isalnum", "isnumeric", "isspace"), ("removeprefix", "removesuffix"),
    ("partition", "rpartition"), ("bisect_left", "bisect_right", "bisect"), ("insort_left", "insort_right"),
    ("zip", "enumerate"), ("issubset", "issuperset", "isdisjoint"), ("str", "repr"),
    ("days", "seconds", "total_seconds"), ("parent", "name", "stem"), ("start", "end", "stop"), ("left", "right"),
    ("first", "last"), ("row", "column"), ("rows", "columns", "cols"), ("width", "height"), ("prev", "next"),
    ("x", "y"), ("weekday", "isoweekday"), ("day", "month", "year"), ("hour", "minute", "second"),
    ("nlargest", "nsmallest"), ("combinations", "permutations", "product", "combinations_with_replacement"),
    ("takewhile", "dropwhile"), ("match", "search", "fullmatch"), ("low", "high"), ("lo", "hi"), ("head", "tail"),
    ("sin", "cos", "tan"), ("key", "value"), ("log", "log2", "log10", "log1p"), ("gt", "ge"), ("lt", "le"),
    ("is_file", "is_dir", "exists"), ("encode", "decode"), ("loads", "load"), ("dumps", "dump"),
)  # fmt: skip
"""Names that are taken for one another."""

_USED_HERE = 2.0
"""How many times more a function or method counts that the same function calls elsewhere."""

_MOST = 0.6

_RAISED = ("ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "ZeroDivisionError",
           "StopIteration", "RuntimeError", "LookupError", "OverflowError", "OSError", "Exception")  # fmt: skip


def constants(scene: Scene, node: Any) -> Iterator[Edit]:
    """A number off by one, the other truth value, another constant of the function."""
    value, parent = node.value, scene.parents.get(node)
    if isinstance(parent, (ast.JoinedStr, ast.FormattedValue, ast.Expr)):
        return
    if isinstance(value, bool):
        yield scene.replace(node, str(not value), 0.6, "constant")
        if isinstance(parent, (ast.While, ast.If)):
            for name in scene.variables:
                yield scene.replace(node, name, 0.3, "condition")
    elif isinstance(value, int):
        near = {value + 1: 0.7, value - 1: 0.7, 0: 0.35, 1: 0.35, 2: 0.15, -value: 0.2, value * 10: 0.1}
        for other, prior in {**near, value // 10: 0.08, value * 2: 0.05}.items():
            if other != value:
                yield scene.replace(node, str(other), prior, "constant")
    elif isinstance(value, float):
        for near_float in (value + 1, value - 1, -value, 1 - value, value * 10, value / 10, value * 100, value / 100):
            yield scene.replace(node, repr(near_float), 0.15, "constant")
    yield from _texts(scene, node)
    for other_words in _like_constants(scene, value):
        yield scene.replace(node, other_words, 0.15, "constant")
    if value is None:
        for other_text in ("0", "[]", "False", "{}", '""', "1"):
            yield scene.replace(node, other_text, 0.08, "constant")


def _texts(scene: Scene, node: Any) -> Iterator[Edit]:
    """Yield a text with other blanks or letters, or none."""
    value = node.value
    if not isinstance(value, str) or scene.words(node)[:1] not in "'\"":
        return
    others = {value.strip(): 0.15, value + " ": 0.12, " " + value: 0.06, value.lower(): 0.1, value.upper(): 0.1}
    others |= {value[::-1]: 0.08, value[:-1]: 0.06, value[1:]: 0.06}
    if not value:
        others |= {" ": 0.1, ",": 0.05, "\n": 0.06, "0": 0.05}
    if not value.strip():
        others |= {"": 0.15, "\n": 0.08, "_": 0.05, "-": 0.05}
    for other, prior in others.items():
        if other != value:
            yield scene.replace(node, repr(other), prior, "constant")


def _like_constants(scene: Scene, value: object) -> list[str]:
    """Return the texts of other constants of the same type in the function, its documentation left out."""
    if isinstance(value, (bool, type(None))):
        return []
    found = [n for n in scene.nodes if isinstance(n, ast.Constant) and type(n.value) is type(value)]
    usable = [n for n in found if not isinstance(scene.parents.get(n), (ast.Expr, ast.JoinedStr, ast.FormattedValue))]
    return list(dict.fromkeys(scene.words(n) for n in usable if n.value != value))


def names(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another name of the function, of the module or of its kin."""
    if not isinstance(node.ctx, ast.Load) or scene.words(node) != node.id:
        return
    parent = scene.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    for other in kin(node.id):
        reachable = hasattr(builtins, other) or other in scene.births or other in scene.functions
        yield scene.replace(node, other, 0.6 if reachable else 0.05, "name")
    if called:
        for other in scene.functions:
            if other != node.id:
                prior = (0.15 + 0.3 * likeness(node.id, other) ** 2) * (_USED_HERE if other in scene.used else 1.0)
                yield scene.replace(node, other, min(prior, _MOST), "name")
        return
    for other in [*scene.variables, *(f"self.{field}" for field in scene.fields if scene.parameters_of_self())]:
        if other not in (node.id, *OWN):
            same = 0.3 if other == f"self.{node.id}" or scene.unread(other) else 0.2 * likeness(node.id, other)
            late = (
                0.3 if scene.births.get(other, 0) > node.lineno and not scene.in_loop(_statement(scene, node)) else 1
            )
            yield scene.replace(node, other, (0.25 + same) * scene.alike(node.id, other) * late, "name")
    for other in scene.constants:
        if other != node.id:
            yield scene.replace(node, other, 0.08 + 0.2 * likeness(node.id, other) ** 2, "name")


def replacements(scene: Scene, node: Any) -> Iterator[Edit]:
    """A variable where something is called, looked up or computed."""
    parent = scene.parents.get(node)
    if isinstance(parent, (ast.Expr, ast.Attribute)) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    for name in scene.variables if getattr(parent, "func", None) is not node else ():
        prior = 0.2 if scene.unread(name) else 0.06
        yield scene.replace(node, name, prior * scene.alike(scene.words(node), name), "replaced expression")


def _statement(scene: Scene, node: ast.AST) -> ast.AST:
    while not isinstance(node, ast.stmt) and node in scene.parents:
        node = scene.parents[node]
    return node


def attributes(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another attribute: of the object, of the class, or one of about the same name."""
    if not isinstance(node.ctx, ast.Load):
        return
    owner, parent = scene.words(node.value), scene.parents.get(node)
    own = owner in OWN
    called = isinstance(parent, ast.Call) and parent.func is node
    for other in kin(node.attr):
        yield scene.replace(node, f"{owner}.{other}", 0.6, "attribute")
    near = scene.methods if own and called else scene.fields if own else scene.offered(owner, called)
    for other in near:
        if other != node.attr:
            share = likeness(node.attr, other)
            prior = (
                (0.2 + 0.25 * share) * scene.alike(f"self.{node.attr}", f"self.{other}") if own else 0.5 * share**2
            )
            prior *= _USED_HERE if called and f"{owner}.{other}" in scene.used else 1.0
            yield scene.replace(node, f"{owner}.{other}", min(prior, _MOST), "attribute")
    if own and not called:
        for local in scene.variables:
            prior = (0.1 + 0.25 * (local == node.attr)) * scene.alike(f"self.{node.attr}", local)
            yield scene.replace(node, local, prior, "attribute")


def exceptions(scene: Scene, node: Any) -> Iterator[Edit]:
    """Another exception where one is raised or caught."""
    place = node.exc if isinstance(node, ast.Raise) else node.type
    name = place.func if isinstance(place, ast.Call) else place
    if not isinstance(name, ast.Name):
        return
    own = [c.name for c in scene.source.tree.body if isinstance(c, ast.ClassDef) and _is_error(c.name)]
    for other in dict.fromkeys([*own, *scene.raised, *_RAISED]):
        if other != name.id:
            prior = 0.5 if other in scene.raised else 0.08 if other == "Exception" else 0.25
            yield scene.replace(name, other, prior, "exception")


def _is_error(name: str) -> bool:
    return name.endswith(("Error", "Exception", "Warning"))


def kin(name: str) -> list[str]:
    """Return the names that are taken for a name."""
    found = [other for group in _KIN if name in group for other in group if other != name]
    return list(dict.fromkeys(found))


def likeness(name: str, other: str) -> float:
    """Return how alike two names are spelt, from 0 to 1."""
    return difflib.SequenceMatcher(None, name, other).ratio()
