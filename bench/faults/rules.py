"""The rules by which faults are injected.

They were written down before anything was measured with them, from the literature's lists of what programmers get
wrong, and not from the templates of the search: the operators of mutation testing (arithmetic, relational and logical
replacement, constants, statement deletion; Offutt and others 1996, the operators of MutPy) and the fault types found
in the field (missing call, missing condition, missing clause, wrong variable as argument, wrong value assigned;
Durães and Madeira 2006). A rule is given a node and yields the texts that could stand in some place instead.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator

from bench.faults.source import Fault, FunctionNode, Source, hurt

Edit = tuple[int, int, str]
"""From which byte to which, and what stands there instead."""

Rule = Callable[[Source, FunctionNode, ast.AST], Iterator[Edit]]

_ARITHMETIC: dict[type[ast.AST], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("/", "+", "**")),
    ast.Div: ("/", ("*", "//")),
    ast.FloorDiv: ("//", ("/", "%")),
    ast.Mod: ("%", ("//", "*")),
    ast.Pow: ("**", ("*",)),
    ast.LShift: ("<<", (">>",)),
    ast.RShift: (">>", ("<<",)),
    ast.BitAnd: ("&", ("|", "^")),
    ast.BitOr: ("|", ("&", "^")),
    ast.BitXor: ("^", ("|", "&")),
}

_RELATIONS: dict[type[ast.AST], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">", ">=")),
    ast.LtE: ("<=", ("<", ">=")),
    ast.Gt: (">", (">=", "<", "<=")),
    ast.GtE: (">=", (">", "<=")),
    ast.Eq: ("==", ("!=", ">=", "<=")),
    ast.NotEq: ("!=", ("==",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
}

_SIBLINGS = (
    ("min", "max"),
    ("any", "all"),
    ("append", "extend", "insert"),
    ("startswith", "endswith"),
    ("lower", "upper", "title"),
    ("strip", "lstrip", "rstrip"),
    ("find", "rfind", "index"),
    ("split", "rsplit", "partition"),
    ("keys", "values", "items"),
    ("add", "discard"),
    ("pop", "popleft"),
    ("update", "setdefault"),
    ("union", "intersection", "difference"),
    ("list", "tuple", "set"),
    ("sorted", "reversed"),
    ("int", "float"),
    ("isinstance", "issubclass"),
    ("floor", "ceil"),
    ("match", "search", "fullmatch"),
)
"""Names of the language that are taken for each other."""

_EXCEPTIONS = ("KeyError", "ValueError", "TypeError", "IndexError", "AttributeError", "RuntimeError")


def arithmetic(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """Arithmetic or bitwise operator replaced."""
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield from _operator(source, node.left, node.right, _ARITHMETIC[type(node.op)])


def relation(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """Comparison replaced."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, right, operator in zip(sides, sides[1:], node.ops, strict=False):
            yield from _operator(source, left, right, _RELATIONS[type(operator)])


def connective(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """`and` for `or`, `or` for `and`."""
    if isinstance(node, ast.BoolOp) and len(node.values) == 2:
        said = ("and", ("or",)) if isinstance(node.op, ast.And) else ("or", ("and",))
        yield from _operator(source, node.values[0], node.values[1], said)


def _operator(source: Source, left: ast.AST, right: ast.AST, said: tuple[str, tuple[str, ...]]) -> Iterator[Edit]:
    start, _, text = source.between(left, right)
    old, others = said
    place = text.find(old)
    if place >= 0 and text.count(old) == 1 and "#" not in text:
        at = start + len(text[:place].encode())
        yield from ((at, at + len(old), other) for other in others)


def clause(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """One clause of a condition is missing."""
    if isinstance(node, ast.BoolOp):
        for first, second in zip(node.values, node.values[1:], strict=False):
            yield source.span(first)[0], source.span(second)[0], ""
        yield source.span(node.values[-2])[1], source.span(node.values[-1])[1], ""


def negation(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A condition is the other way round, or a `not` or a minus is missing."""
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        if not (isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)):
            yield (*source.span(node.test), f"not ({source.words(node.test)})")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield (*source.span(node), source.words(node.operand))


def constant(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A number off by one, a truth value the other way round, an empty text or a text of one blank."""
    if not isinstance(node, ast.Constant) or isinstance(source.parents.get(node), ast.JoinedStr | ast.Expr):
        return
    value, span = node.value, source.span(node)
    if isinstance(value, bool):
        yield (*span, str(not value))
    elif isinstance(value, int):
        yield from ((*span, str(other)) for other in (value + 1, value - 1) if other >= 0)
        if value > 1:
            yield (*span, "0")
    elif (
        isinstance(value, str)
        and source.words(node)[:1] in "'\""
        and not source.words(node).startswith(('"""', "'''"))
    ):
        yield (*span, "' '" if value == "" else "''")


def wrong_name(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """Another variable of the function is used, as a value or as an argument."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in _locals(function):
        yield from (
            (*source.span(node), other) for other in _locals(function) if other not in (node.id, "self", "cls")
        )


def _locals(function: FunctionNode) -> list[str]:
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    names += [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return list(dict.fromkeys(names))


def wrong_attribute(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """Another attribute of `self`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        attributes = [n for n in ast.walk(source.tree) if isinstance(n, ast.Attribute) and _of_self(n)]
        end = source.span(node)[1]
        for other in sorted({n.attr for n in attributes} - {node.attr}):
            yield end - len(node.attr.encode()), end, other


def _of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def sibling(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A function or method of the language that is taken for another one."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
    end = source.span(node.func)[1]
    for group in _SIBLINGS:
        if name in group:
            yield from ((end - len(name), end, other) for other in group if other != name)


def arguments(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """Two arguments the other way round, or one missing."""
    if not isinstance(node, ast.Call):
        return
    for left, right in zip(node.args, node.args[1:], strict=False):
        start, end = source.span(left)[0], source.span(right)[1]
        between = source.between(left, right)[2]
        if "#" not in between and not isinstance(left, ast.Starred):
            yield start, end, f"{source.words(right)}{between}{source.words(left)}"
    given = [*node.args, *(word.value for word in node.keywords)]
    if len(given) > 1 and given == sorted(given, key=source.span):
        yield source.span(given[-2])[1], source.span(given[-1])[1], ""


def operands(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """Two operands the other way round, or one of them missing."""
    if isinstance(node, ast.BinOp):
        start, end = source.span(node)
        left, right = source.words(node.left), source.words(node.right)
        if isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv | ast.Mod | ast.Pow | ast.Add):
            yield start, end, f"{_closed(node.right, right)}{source.between(node.left, node.right)[2]}{left}"
        yield from ((start, end, part) for part in (left, right))


def _closed(node: ast.AST, text: str) -> str:
    return f"({text})" if isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp | ast.Lambda) else text


def missing_call(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A call around a value is missing: `f(x)` or `x.f()` is just `x`."""
    if not isinstance(node, ast.Call) or isinstance(source.parents.get(node), ast.Expr) or node.keywords:
        return
    if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
        yield (*source.span(node), source.words(node.args[0]))
    elif not node.args and isinstance(node.func, ast.Attribute):
        yield (*source.span(node), source.words(node.func.value))


def off_by_one(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A bound of a range, a slice or an index one too many or too few."""
    parent = source.parents.get(node)
    ranged = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "range"
    bound = isinstance(parent, ast.Slice) or (isinstance(parent, ast.Subscript) and parent.slice is node)
    plain = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    if plain and ((ranged and node is not getattr(parent, "func", None)) or bound):
        yield (*source.span(node), f"{source.words(node)} + 1")
        yield (*source.span(node), f"{source.words(node)} - 1")


def slicing(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A slice without one of its bounds."""
    if isinstance(node, ast.Slice):
        yield from ((*source.span(part), "") for part in (node.lower, node.upper, node.step) if part is not None)


def result(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """Something else is returned: nothing, or another variable."""
    if not isinstance(node, ast.Return) or node.value is None:
        return
    if not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield (*source.span(node.value), "None")
    if not isinstance(node.value, ast.Name):
        stored = [name for name in _locals(function) if name not in ("self", "cls")]
        yield from ((*source.span(node.value), name) for name in stored)


def deletion(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A simple statement is missing: a call, an assignment, a `return`, `raise`, `break` or `continue`."""
    simple = ast.Expr | ast.Assign | ast.AugAssign | ast.Return | ast.Raise | ast.Break | ast.Continue | ast.Delete
    if isinstance(node, simple) and not _is_text(node):
        yield _without(source, node)


def guard(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A whole `if` without an `else` is missing, or its body is done whatever the condition."""
    if isinstance(node, ast.If) and not node.orelse and not _is_elif(source, node):
        yield _without(source, node)
        yield (*source.span(node.test), "True")


def _is_elif(source: Source, node: ast.If) -> bool:
    return source.words(node).startswith("elif")


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _without(source: Source, node: ast.stmt) -> Edit:
    """Return the edit that takes a statement out; the lines as well if it stands on lines of its own."""
    start, end = source.span(node)
    line = source.content.rfind(b"\n", 0, start) + 1
    after = source.content.find(b"\n", end)
    own = not source.content[line:start].strip() and not source.content[end:after].strip() and after >= 0
    return (line, after + 1, "") if own and not source.alone(node) else (start, end, "pass")


def assignment(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """An augmented assignment with another operator or with none; an assignment that adds up."""
    if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        start, end, text = source.between(node.target, node.value)
        old, others = _ARITHMETIC[type(node.op)]
        if "(" not in text:
            yield from ((start, end, text.replace(f"{old}=", f"{new}=")) for new in (*others, ""))
    elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        start, end, text = source.between(node.targets[0], node.value)
        if "(" not in text:
            yield start, end, text.replace("=", "+=")


def exceptions(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """Another exception is raised or caught."""
    named: ast.AST | None = None
    if isinstance(node, ast.Raise):
        named = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    elif isinstance(node, ast.ExceptHandler):
        named = node.type
    if isinstance(named, ast.Name) and isinstance(getattr(builtins, named.id, None), type):
        yield from ((*source.span(named), other) for other in _EXCEPTIONS if other != named.id)


def loop(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A loop is left too early or not at all, or leaves out its first turn."""
    if isinstance(node, ast.Break):
        yield (*source.span(node), "continue")
    elif isinstance(node, ast.Continue):
        yield (*source.span(node), "break")
    elif isinstance(node, ast.For) and isinstance(node.iter, ast.Name | ast.Attribute):
        yield (*source.span(node.iter), f"{source.words(node.iter)}[1:]")


def default(source: Source, function: FunctionNode, node: ast.AST) -> Iterator[Edit]:
    """A parameter has another default."""
    if node is not function:
        return
    for value in (*function.args.defaults, *(each for each in function.args.kw_defaults if each)):
        if isinstance(value, ast.Constant):
            other = not value.value if isinstance(value.value, bool) else None if value.value is not None else 0
            yield (*source.span(value), str(other))


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        arithmetic, relation, connective, clause, negation, constant, wrong_name, wrong_attribute, sibling, arguments,
        operands, missing_call, off_by_one, slicing, result, deletion, guard, assignment, exceptions, loop, default,
    )
}  # fmt: skip


def faults(source: Source) -> Iterator[Fault]:
    """Yield every edit that the rules make in a file's functions, sound or not: see `sound`."""
    for name, function in source.functions():
        for node in _body(function):
            for rule, edits in RULES.items():
                for start, end, text in edits(source, function, node):
                    line = source.content.count(b"\n", 0, start) + 1
                    yield Fault(rule, source.path, start, end, text, line, name)


def sound(source: Source, fault: Fault) -> bool:
    """Tell whether a fault leaves a program, and one that says something else."""
    try:
        return ast.dump(ast.parse(hurt(source.content, (fault,)))) != ast.dump(source.tree)
    except (SyntaxError, ValueError):
        return False


def _body(function: FunctionNode) -> Iterator[ast.AST]:
    """Yield a function and its body; annotations are left out, and format strings, whose places are unsure."""
    yield function
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr):
            continue
        yield node
        hidden = [getattr(node, name, None) for name in ("annotation", "returns", "args")] if _annotated(node) else []
        waiting += [child for child in ast.iter_child_nodes(node) if child not in hidden]


def _annotated(node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign | FunctionNode)
