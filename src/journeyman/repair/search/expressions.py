"""Templates that change one expression."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator

from journeyman.repair.search.edits import Edit, gap, put, replace
from journeyman.repair.search.scope import Scene

_COMPARISONS: dict[type[ast.cmpop], tuple[str, dict[str, float]]] = {
    ast.Lt: ("<", {"<=": 0.95, ">": 0.5, ">=": 0.4, "!=": 0.2, "==": 0.15}),
    ast.LtE: ("<=", {"<": 0.95, ">=": 0.5, ">": 0.4, "==": 0.2}),
    ast.Gt: (">", {">=": 0.95, "<": 0.5, "<=": 0.4, "!=": 0.2, "==": 0.15}),
    ast.GtE: (">=", {">": 0.95, "<=": 0.5, "<": 0.4, "==": 0.2}),
    ast.Eq: ("==", {"!=": 0.7, "<=": 0.3, ">=": 0.3, "in": 0.1, "<": 0.1, ">": 0.1}),
    ast.NotEq: ("!=", {"==": 0.7, "<": 0.2, ">": 0.2}),
    ast.In: (r"\bin\b", {"not in": 0.7, "==": 0.1}),
    ast.NotIn: (r"\bnot\s+in\b", {"in": 0.7}),
    ast.Is: (r"\bis\b", {"is not": 0.7, "==": 0.3}),
    ast.IsNot: (r"\bis\s+not\b", {"is": 0.7, "!=": 0.3}),
}

OPERATORS: dict[type[ast.operator], tuple[str, dict[str, float]]] = {
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
}

_KIN = (
    ("min", "max"), ("any", "all"), ("sum", "len", "max", "min"), ("append", "extend", "insert", "appendleft"),
    ("pop", "popleft"), ("sorted", "reversed", "list"), ("add", "discard", "remove", "update"), ("floor", "ceil"),
    ("lower", "upper"), ("startswith", "endswith"), ("lstrip", "rstrip", "strip"), ("find", "rfind"),
    ("index", "rindex"), ("split", "rsplit", "splitlines"), ("ljust", "rjust"), ("keys", "values", "items"),
    ("union", "intersection", "difference"), ("int", "float", "round"), ("list", "tuple", "set"), ("range", "len"),
    ("get", "pop", "setdefault"), ("heappush", "heappop"), ("isdigit", "isalpha", "isalnum"), ("abs", "int"),
    ("removeprefix", "removesuffix"), ("partition", "rpartition"), ("bisect_left", "bisect_right"),
    ("zip", "enumerate"),
    ("issubset", "issuperset"), ("str", "repr"), ("days", "seconds"), ("parent", "name"), ("start", "end", "stop"),
    ("left", "right"), ("first", "last"), ("row", "column"), ("width", "height"), ("prev", "next"), ("x", "y"),
)  # fmt: skip
"""Names that are taken for one another."""

Template = Callable[[Scene, ast.expr], Iterator[Edit]]


def comparisons(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """Another comparison, or the operands the other way round."""
    if not isinstance(node, ast.Compare):
        return
    lefts = [node.left, *node.comparators]
    for operator, left, right in zip(node.ops, lefts, node.comparators, strict=False):
        pattern, others = _COMPARISONS[type(operator)]
        place = gap(scene, left, right, pattern)
        for other, prior in others.items() if place else ():
            yield Edit(*(place or (0, 0)), other, prior, node.lineno, "comparison")
    if len(node.ops) == 1:
        yield from swapped(scene, node, node.left, node.comparators[0], 0.1)


def operators(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """Another arithmetic operator, one operand alone, or the operands the other way round."""
    if not isinstance(node, ast.BinOp):
        return
    pattern, others = OPERATORS[type(node.op)]
    place = gap(scene, node.left, node.right, pattern)
    for other, prior in others.items() if place else ():
        yield Edit(*(place or (0, 0)), other, prior, node.lineno, "operator")
    yield replace(scene, node, put(scene, node.left, node), 0.3, "dropped operand")
    yield replace(scene, node, put(scene, node.right, node), 0.2, "dropped operand")
    if not isinstance(node.op, ast.Add | ast.Mult) or not isinstance(node.right, ast.Constant):
        yield from swapped(scene, node, node.left, node.right, 0.35)


def connectives(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """`and` for `or`, one operand less, one operand negated."""
    if not isinstance(node, ast.BoolOp):
        return
    own, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in zip(node.values, node.values[1:], strict=False):
        place = gap(scene, left, right, rf"\b{own}\b")
        if place:
            yield Edit(*place, other, 0.7, node.lineno, "connective")
    for value in node.values:
        rest = [scene.words(kept) for kept in node.values if kept is not value]
        yield replace(scene, node, f" {own} ".join(rest), 0.2, "dropped operand")


def negations(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """A `not` or a minus too many or too few."""
    parent = scene.parents.get(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield replace(scene, node, put(scene, node.operand, node), 0.5, "negation")
    elif isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert) and parent.test is node:
        yield replace(scene, node, f"not {_closed(scene, node)}", 0.45, "negation")
    elif isinstance(parent, ast.BoolOp | ast.comprehension) and not isinstance(node, ast.Compare):
        if isinstance(parent, ast.BoolOp) or node in parent.ifs:
            yield replace(scene, node, f"not {_closed(scene, node)}", 0.3, "negation")
    elif isinstance(parent, ast.IfExp) and isinstance(node, _STEPPED):
        yield replace(scene, node, f"-{scene.words(node)}", 0.2, "negation")
    elif isinstance(parent, ast.Return) and isinstance(node, ast.Compare | ast.BoolOp | ast.Call | ast.Name):
        yield replace(scene, node, f"not {_closed(scene, node)}", 0.2, "negation")
        if not isinstance(node, ast.Compare | ast.BoolOp):
            yield replace(scene, node, f"-{scene.words(node)}", 0.15, "negation")


def constants(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """A number off by one, the other truth value, another constant of the function."""
    if not isinstance(node, ast.Constant) or isinstance(scene.parents.get(node), ast.JoinedStr | ast.FormattedValue):
        return
    value = node.value
    if isinstance(value, bool):
        yield replace(scene, node, str(not value), 0.6, "constant")
    elif isinstance(value, int):
        near = {value + 1: 0.7, value - 1: 0.7, 0: 0.35, 1: 0.35, 2: 0.15, -value: 0.2, value * 10: 0.1}
        for other, prior in near.items():
            if other != value:
                yield replace(scene, node, str(other), prior, "constant")
    elif isinstance(value, float):
        for near_float in (value + 1, value - 1, -value, 1 - value, value * 10, value / 10):
            yield replace(scene, node, repr(near_float), 0.15, "constant")
    for other_words in _like_constants(scene, value):
        yield replace(scene, node, other_words, 0.15, "constant")
    if value is None or value == "":
        for other_text in ("0", "[]", "False", "{}") if value is None else ('" "',):
            yield replace(scene, node, other_text, 0.08, "constant")


def _like_constants(scene: Scene, value: object) -> list[str]:
    """Return the texts of other constants of the same type in the function, its documentation left out."""
    if isinstance(value, bool | type(None)):
        return []
    found = (n for n in ast.walk(scene.node) if isinstance(n, ast.Constant) and type(n.value) is type(value))
    return [scene.words(n) for n in found if n.value != value and not isinstance(scene.parents.get(n), ast.Expr)]


def names(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """Another name of the function, of the object, or of its kin."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        called = isinstance(parent := scene.parents.get(node), ast.Call) and parent.func is node
        for other in kin(node.id):
            yield replace(scene, node, other, 0.6, "name")
        offered = scene.functions if called else [*scene.local_names, *scene.constants]
        for other in offered:
            if other not in (node.id, "self", "cls"):
                yield replace(scene, node, other, 0.3 + 0.2 * _alike(node.id, other), "name")
        for field in scene.fields if "self" in scene.local_names and not called and node.id != "self" else ():
            yield replace(scene, node, f"self.{field}", 0.12 + 0.2 * (field == node.id), "name")
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield from _attributes(scene, node)


def _attributes(scene: Scene, node: ast.Attribute) -> Iterator[Edit]:
    own = isinstance(node.value, ast.Name) and node.value.id == "self"
    called = isinstance(parent := scene.parents.get(node), ast.Call) and parent.func is node
    used = [n.attr for n in ast.walk(scene.source.tree) if isinstance(n, ast.Attribute)]
    alike = difflib.get_close_matches(node.attr, sorted(set(used) - {node.attr}), 4, 0.6)
    near = scene.methods if own and called else [f for f in scene.fields if f not in scene.methods] if own else alike
    for other in dict.fromkeys([*kin(node.attr), *near]):
        if other != node.attr:
            prior = 0.6 if other in kin(node.attr) else 0.25 + 0.2 * _alike(node.attr, other)
            yield replace(scene, node, f"{scene.words(node.value)}.{other}", prior, "attribute")
    if own and not called:
        for local in scene.local_names:
            if local != "self":
                yield replace(scene, node, local, 0.1 + 0.2 * (local == node.attr), "attribute")


def calls(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """Arguments the other way round, one argument less, the argument without the call."""
    if not isinstance(node, ast.Call):
        return
    for left, right in zip(node.args, node.args[1:], strict=False):
        if scene.words(left) != scene.words(right):
            start, end = scene.span(left)[0], scene.span(right)[1]
            between = scene.source.text[scene.span(left)[1] : scene.span(right)[0]]
            text = f"{scene.words(right)}{between}{scene.words(left)}"
            yield Edit(start, end, text, 0.5, node.lineno, "swapped arguments")
    if len(node.args) == 1 and not node.keywords:
        yield replace(scene, node, put(scene, node.args[0], node), 0.2, "unwrapped call")
    if isinstance(node.func, ast.Attribute) and not isinstance(scene.parents.get(node), ast.Expr):
        yield replace(scene, node, scene.words(node.func.value), 0.15, "unwrapped call")
    if len(node.args) + len(node.keywords) > 1:
        named = [f"{k.arg}={scene.words(k.value)}" if k.arg else f"**{scene.words(k.value)}" for k in node.keywords]
        for gone in node.args:
            rest = ", ".join([*(scene.words(kept) for kept in node.args if kept is not gone), *named])
            yield replace(scene, node, f"{scene.words(node.func)}({rest})", 0.12, "dropped argument")


_STEPPED = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


def steps(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """An expression off by one, where a bound, an index, an argument or a result stands."""
    parent = scene.parents.get(node)
    loaded = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    sums = isinstance(node, ast.BinOp) and not isinstance(node.right, ast.Constant)
    if not (isinstance(node, _STEPPED) or sums) or not loaded or isinstance(parent, ast.Expr):
        return
    prior = _step_prior(scene, node, parent)
    if prior:
        yield replace(scene, node, f"{scene.words(node)} + 1", prior, "step")
        yield replace(scene, node, f"{scene.words(node)} - 1", prior, "step")


def _step_prior(scene: Scene, node: ast.expr, parent: ast.AST | None) -> float:
    if isinstance(parent, ast.Slice):
        return 0.4
    if isinstance(parent, ast.Subscript):
        return 0.3 if parent.slice is node else 0.0
    if isinstance(parent, ast.Call):
        ranged = isinstance(parent.func, ast.Name) and parent.func.id == "range"
        return 0.0 if parent.func is node else 0.5 if ranged else 0.15
    if isinstance(parent, ast.Compare):
        return 0.2
    return 0.2 if isinstance(parent, ast.Return | ast.Assign | ast.AugAssign) else 0.0


def slices(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """A bound too many or too few; the last element for another; an element for the whole."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return
    value = scene.words(node.value)
    if not isinstance(node.slice, ast.Slice):
        for index in ("0", "-1"):
            if scene.words(node.slice) != index:
                yield replace(scene, node, f"{value}[{index}]", 0.15, "slice")
        yield replace(scene, node, value, 0.12, "slice")
        return
    lower, upper, step = (scene.words(p) if p else "" for p in (node.slice.lower, node.slice.upper, node.slice.step))
    tail = f":{step}" if step else ""
    for low, high, prior in (
        (lower, "", 0.3),
        ("", upper, 0.3),
        ("1", upper, 0.2),
        (lower, "-1", 0.2),
        (upper, lower, 0.2),
    ):
        if (low, high) != (lower, upper):
            yield replace(scene, node, f"{value}[{low}:{high}{tail}]", prior, "slice")
    yield replace(scene, node, value, 0.12, "slice")


def choices(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """The branches of a conditional expression the other way round, or one alone; `yield from` for `yield`."""
    if isinstance(node, ast.IfExp):
        body, test, other = (scene.words(part) for part in (node.body, node.test, node.orelse))
        yield replace(scene, node, f"{other} if {test} else {body}", 0.4, "choice")
        yield replace(scene, node, body, 0.08, "choice")
    elif isinstance(node, ast.Yield) and node.value:
        yield replace(scene, node, f"yield from {scene.words(node.value)}", 0.3, "choice")
    elif isinstance(node, ast.YieldFrom):
        yield replace(scene, node, f"yield {scene.words(node.value)}", 0.3, "choice")


def wrappers(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """A call or an operand that is missing."""
    parent = scene.parents.get(node)
    if not isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        return
    words = scene.words(node)
    if isinstance(parent, ast.Call) and node in parent.args and isinstance(node, ast.Name):
        for pattern in ("list({})", "len({})", "sorted({})", "{}[1:]", "{}[0]", "{}.copy()"):
            yield replace(scene, node, pattern.format(words), 0.05, "wrapper")
    if isinstance(parent, ast.Return) and parent.value is node:
        for name in scene.local_names:
            if name not in (words, "self", "cls"):
                yield replace(scene, node, f"{words} + {name}", 0.06, "added operand")
                yield replace(scene, node, f"{name} + {words}", 0.04, "added operand")
        for call in ("len", "sorted", "abs", "list", "int"):
            yield replace(scene, node, f"{call}({words})", 0.04, "wrapper")


def conditions(scene: Scene, node: ast.expr) -> Iterator[Edit]:
    """A condition that asks too little."""
    parent = scene.parents.get(node)
    if not isinstance(parent, ast.If | ast.While) or parent.test is not node:
        return
    words = _closed(scene, node)
    for name in scene.local_names:
        if name not in ("self", "cls"):
            for added, prior in (
                (f"{words} and {name}", 0.06),
                (f"{words} or not {name}", 0.06),
                (f"{words} or {name}", 0.03),
            ):
                yield replace(scene, node, added, prior, "added condition")
    for constant in ("True", "False"):
        if not isinstance(node, ast.Constant):
            yield replace(scene, node, constant, 0.01, "constant condition")


def swapped(scene: Scene, node: ast.expr, left: ast.expr, right: ast.expr, prior: float) -> Iterator[Edit]:
    """The two operands of an operator the other way round, with the parentheses they stand in."""
    middle = gap(scene, left, right, r"[^\s()].*[^\s()]|[^\s()]")
    if middle is None:
        return
    (start, end), text = scene.span(node), scene.source.text
    first, operator, second = text[start : middle[0]].rstrip(), text[slice(*middle)], text[middle[1] : end].lstrip()
    if isinstance(left, ast.BinOp) and not first.startswith("("):
        first = f"({first})"
    if first != second:
        yield Edit(start, end, f"{second} {operator} {first}", prior, node.lineno, "swapped operands")


def kin(name: str) -> list[str]:
    """Return the names that are taken for a name."""
    return [other for group in _KIN if name in group for other in group if other != name]


def _alike(name: str, other: str) -> float:
    return difflib.SequenceMatcher(None, name, other).ratio()


def _closed(scene: Scene, node: ast.expr) -> str:
    words = scene.words(node)
    return words if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript) else f"({words})"


EXPRESSIONS: tuple[Template, ...] = (
    comparisons, operators, connectives, negations, constants, names,
    calls, steps, slices, choices, wrappers, conditions,
)  # fmt: skip
