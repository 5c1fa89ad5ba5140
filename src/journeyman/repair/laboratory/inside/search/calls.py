"""Templates for calls, indices, slices and displays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from .scene import OWN, Scene
from .source import FUNCTIONS, Edit

_STEPPED = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
_MORE_ARGUMENTS = {
    "sorted": ("reverse=True", "key=len", "key=lambda pair: pair[1]", "key=int", "key=str.lower"),
    "sort": ("reverse=True", "key=len", "key=lambda pair: pair[1]"),
    "max": ("default=0", "default=None", "key=len"), "min": ("default=0", "default=None", "key=len"),
    "enumerate": ("1", "start=1"), "round": ("2", "1"), "sum": ("[]", "1"), "next": ("None",), "pop": ("0", "None"),
    "get": ("0", "[]", "''", "{}", "False"), "split": ("','", "' '", "maxsplit=1", "'\\n'"), "int": ("2", "16"),
    "zip": ("strict=True",), "getattr": ("None",), "zfill": ("2",), "dumps": ("sort_keys=True", "indent=2"),
    "join": (), "deque": ("maxlen=None",), "rsplit": ("maxsplit=1",), "replace": ("1",), "dict": (), "print": (),
    "range": (), "list": (), "tuple": (), "set": (), "len": (), "str": (), "float": (), "bool": (), "isinstance": (),
    "append": (), "add": (), "abs": (), "all": (), "any": (), "reversed": (), "strip": (), "lower": (), "upper": (),
    "extend": (), "items": (), "values": (), "keys": (), "copy": (), "popleft": (), "insert": (), "remove": (),
}  # fmt: skip
"""Arguments that are forgotten, by what is called; nothing more is tried with these."""


def calls(scene: Scene, node: Any) -> Iterator[Edit]:
    """Arguments the other way round, one argument less, the argument without the call."""
    for left, right in zip(node.args, node.args[1:]):
        yield from exchanged(scene, left, right, 0.5, "swapped arguments")
    if len(node.args) > 2:
        yield from exchanged(scene, node.args[0], node.args[2], 0.2, "swapped arguments")
    if len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
        yield scene.replace(node, scene.put(node.args[0], node), 0.2, "unwrapped call")
    if isinstance(node.func, ast.Attribute) and not isinstance(scene.parents.get(node), ast.Expr):
        yield scene.replace(node, scene.words(node.func.value), 0.15, "unwrapped call")
    parts = [scene.words(argument) for argument in [*node.args, *node.keywords]]
    if len(parts) > 1 or (parts and isinstance(node.func, ast.Attribute)):
        for gone in range(len(parts)):
            rest = ", ".join(part for number, part in enumerate(parts) if number != gone)
            yield scene.replace(node, f"{scene.words(node.func)}({rest})", 0.12, "dropped argument")


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def more_arguments(scene: Scene, node: Any) -> Iterator[Edit]:
    """An argument more: one that the called thing is known to take, or a variable of a parameter's name."""
    name, text, end = _called(node), scene.source.text, scene.source.span(node)[1] - 1
    if any(isinstance(argument, ast.GeneratorExp) for argument in node.args) or text[end : end + 1] != ")":
        return
    head = text[scene.source.span(node.func)[1] : end]
    comma = "" if re.search(r"[(,]\s*$", head) else ", "
    for more in _MORE_ARGUMENTS.get(name, ()):
        if more.partition("=")[0] not in [keyword.arg for keyword in node.keywords]:
            yield Edit(end, end, comma + more, 0.12, node.lineno, "added argument")
    if name not in _MORE_ARGUMENTS:
        known = _parameters(scene, name)
        for parameter in known:
            if parameter in scene.births and parameter not in [scene.words(a) for a in node.args]:
                yield Edit(end, end, f"{comma}{parameter}={parameter}", 0.2, node.lineno, "added argument")
        for variable in scene.variables if len(node.args) < len(known) or not known else ():
            yield Edit(end, end, comma + variable, 0.06, node.lineno, "added argument")


def _parameters(scene: Scene, name: str) -> list[str]:
    for node in ast.walk(scene.source.tree):
        if isinstance(node, FUNCTIONS) and node.name == name:
            return [each.arg for each in [*node.args.args, *node.args.kwonlyargs] if each.arg not in OWN]
    return []


def ranges(scene: Scene, node: Any) -> Iterator[Edit]:
    """A range that begins or ends elsewhere."""
    if _called(node) != "range" or not 1 <= len(node.args) <= 2:
        return
    first, last = node.args[0], scene.closed(node.args[-1])
    if len(node.args) == 1:
        given: dict[str, float] = {f"1, {last}": 0.4, f"1, {last} + 1": 0.4, f"2, {last} + 1": 0.15}
        given |= {f"{name}, {last}": 0.12 * scene.may_be(name, "int") for name in scene.variables}
        given |= {f"{name} + 1, {last}": 0.12 * scene.may_be(name, "int") for name in scene.variables}
        given[f"{last} - 1, -1, -1"] = 0.15
    else:
        given = {
            f"{scene.closed(first)} + 1, {last} + 1": 0.1,
            last: 0.1,
            f"{last} - 1, {scene.closed(first)} - 1, -1": 0.1,
        }
    for text, prior in given.items():
        yield scene.replace(node, f"{scene.words(node.func)}({text})", prior, "range")


def steps(scene: Scene, node: Any) -> Iterator[Edit]:
    """An expression off by one, where a bound, an index, an argument or a result stands."""
    parent = scene.parents.get(node)
    loaded = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    sums = isinstance(node, ast.BinOp) and not isinstance(node.right, ast.Constant)
    if not (isinstance(node, _STEPPED) or sums) or not loaded or isinstance(parent, ast.Expr):
        return
    prior = _step_prior(scene, node, parent) * scene.may_be(scene.words(node), "int", "float")
    if prior:
        index = isinstance(parent, ast.Subscript) and parent.slice is node
        for step in ("+ 1", "- 1"):
            text = f"{scene.closed(node)} {step}"
            bare = index or isinstance(parent, ast.Compare)
            yield scene.replace(node, text if bare else scene.open(node, text), prior, "step")


def _step_prior(scene: Scene, node: ast.AST, parent: ast.AST | None) -> float:
    if isinstance(parent, ast.Slice):
        return 0.6
    if isinstance(parent, ast.Tuple):
        return 0.4 if isinstance(scene.parents.get(parent), ast.Subscript) else 0.15
    if isinstance(parent, ast.Subscript):
        return 0.5 if parent.slice is node else 0.0
    if isinstance(parent, ast.Call):
        ranged = isinstance(parent.func, ast.Name) and parent.func.id == "range"
        return 0.0 if parent.func is node else 0.8 if ranged else 0.25
    if isinstance(parent, ast.Compare):
        return 0.7 if _is_end_of_count(scene, node, parent) else 0.3
    if isinstance(parent, ast.BinOp):
        return 0.4 if isinstance(parent.op, (ast.Mult, ast.Mod, ast.FloorDiv)) else 0.15
    return 0.25 if isinstance(parent, (ast.Return, ast.Assign, ast.AugAssign)) else 0.0


def _is_end_of_count(scene: Scene, node: ast.AST, comparison: ast.Compare) -> bool:
    """Tell whether a number is compared that its counting loop never reaches: `i == n` with `i` of `range(n)`."""
    sides = {scene.words(each) for each in (comparison.left, *comparison.comparators)}
    return any(
        {scene.words(each.target), scene.words(each.iter.args[-1])} == sides
        and scene.words(node) != scene.words(each.target)
        for each in scene.nodes
        if isinstance(each, ast.For)
        and isinstance(each.iter, ast.Call)
        and scene.words(each.iter.func) == "range"
        and 0 < len(each.iter.args) < 3
    )


def slices(scene: Scene, node: Any) -> Iterator[Edit]:
    """A bound too many or too few; the last element for another; an element for the whole."""
    if not isinstance(node.ctx, ast.Load):
        return
    value = scene.words(node.value)
    if not isinstance(node.slice, ast.Slice):
        yield from _elements(scene, node, value)
        return
    lower, upper, step = (scene.words(p) if p else "" for p in (node.slice.lower, node.slice.upper, node.slice.step))
    tail = f":{step}" if step else ""
    options = [(lower, "", 0.3), ("", upper, 0.3), ("1", upper, 0.2), (lower, "-1", 0.2), (upper, lower, 0.2)]
    options += [(name, upper, 0.1 * scene.may_be(name, "int")) for name in scene.variables]
    options += [(lower, name, 0.1 * scene.may_be(name, "int")) for name in scene.variables]
    for low, high, prior in options:
        if (low, high) != (lower, upper):
            yield scene.replace(node, f"{value}[{low}:{high}{tail}]", prior, "slice")
    for other in ("", ":-1", ":2"):
        if other != tail:
            yield scene.replace(node, f"{value}[{lower}:{upper}{other}]", 0.1, "slice")
    yield scene.replace(node, value, 0.12, "slice")


def _elements(scene: Scene, node: Any, value: str) -> Iterator[Edit]:
    index = scene.words(node.slice)
    for other in ("0", "-1"):
        if index != other:
            yield scene.replace(node, f"{value}[{other}]", 0.15, "slice")
    yield scene.replace(node, value, 0.12, "slice")
    if isinstance(node.value, ast.Subscript):
        outer, inner = scene.words(node.value.value), scene.words(node.value.slice)
        yield scene.replace(node, f"{outer}[{index}][{inner}]", 0.4, "swapped indices")
    keyed = scene.may_be(value, "dict", "defaultdict", "Counter", "OrderedDict")
    for default in ("", ", 0", ", []", ", ''", ", {}"):
        yield scene.replace(node, f"{value}.get({index}{default})", 0.15 * keyed, "lookup")


def displays(scene: Scene, node: Any) -> Iterator[Edit]:
    """Neighbours of a tuple or list the other way round; one of them less."""
    if not isinstance(node.ctx, ast.Load):
        return
    for left, right in zip(node.elts, node.elts[1:]):
        yield from exchanged(scene, left, right, 0.4, "swapped elements")
    if isinstance(node, ast.List) and not node.elts:
        for name in scene.variables:
            yield scene.replace(node, f"[{name}]", 0.2, "element")
        for text, prior in (("[[]]", 0.3), ("[0]", 0.15), ("[1]", 0.1), ("['']", 0.06), ("None", 0.05)):
            yield scene.replace(node, text, prior, "element")


def pairs_of_dict(scene: Scene, node: Any) -> Iterator[Edit]:
    """Key and value the other way round."""
    key, value = (node.key, node.value) if isinstance(node, ast.DictComp) else (None, None)
    if key is not None:
        yield from exchanged(scene, key, value, 0.3, "swapped elements")


def exchanged(scene: Scene, left: Any, right: Any, prior: float, template: str) -> Iterator[Edit]:
    """Yield the edit that lets two expressions change places."""
    first, second = scene.words(left), scene.words(right)
    start, end = scene.source.span(left)[0], scene.source.span(right)[1]
    between = scene.source.text[scene.source.span(left)[1] : scene.source.span(right)[0]]
    if first != second and "#" not in between:
        yield Edit(start, end, f"{second}{between}{first}", prior, left.lineno, template)


def choices(scene: Scene, node: Any) -> Iterator[Edit]:
    """The branches of a conditional expression the other way round, or one alone; `yield from` for `yield`."""
    if isinstance(node, ast.IfExp):
        body, test, other = (scene.words(part) for part in (node.body, node.test, node.orelse))
        yield scene.replace(node, f"{other} if {test} else {body}", 0.4, "choice")
        yield scene.replace(node, body, 0.08, "choice")
        yield scene.replace(node, other, 0.04, "choice")
    elif isinstance(node, ast.Yield) and node.value:
        yield scene.replace(node, f"yield from {scene.words(node.value)}", 0.3, "choice")
    elif isinstance(node, ast.YieldFrom):
        yield scene.replace(node, f"yield {scene.words(node.value)}", 0.3, "choice")
    elif isinstance(node, ast.Await):
        yield scene.replace(node, scene.words(node.value), 0.2, "await")


def awaits(scene: Scene, node: Any) -> Iterator[Edit]:
    """A call that is not awaited."""
    if isinstance(scene.parents.get(node), ast.Await) or not isinstance(scene.node, ast.AsyncFunctionDef):
        return
    name = _called(node)
    known = (n for n in ast.walk(scene.source.tree) if isinstance(n, ast.AsyncFunctionDef))
    prior = 0.9 if any(n.name == name for n in known) else 0.12
    yield scene.replace(node, scene.open(node, f"await {scene.words(node)}"), prior, "await")


def late_bindings(scene: Scene, node: Any) -> Iterator[Edit]:
    """A function made in a loop that sees the last value of the loop's variable only."""
    free = {n.id for n in ast.walk(node.body) if isinstance(n, ast.Name)}
    bound = [name for name in scene.variables if name in free and name not in {a.arg for a in node.args.args}]
    text, start = scene.source.text, scene.source.span(node)[0]
    colon = text.find(":", start)
    for name in bound:
        given = text[start + len("lambda") : colon].strip()
        head = f"{given}, {name}={name}" if given else f"{name}={name}"
        yield Edit(start, colon, f"lambda {head}", 0.25, node.lineno, "late binding")


def repetitions(scene: Scene, node: Any) -> Iterator[Edit]:
    """One list repeated where several are meant."""
    if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List):
        inner = node.left.elts[0] if len(node.left.elts) == 1 else None
        if isinstance(inner, (ast.List, ast.Dict, ast.Set, ast.BinOp, ast.Call, ast.ListComp)):
            text = f"[{scene.words(inner)} for _ in range({scene.words(node.right)})]"
            yield scene.replace(node, text, 0.7, "repetition")
