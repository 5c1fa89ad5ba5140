"""What a Python test claims: every kind of assertion in one normal form, so that two versions can be compared."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

import msgspec

STRENGTH = {
    "==": 6,
    "is": 6,
    "raises-match": 6,
    "called-with": 6,
    "approx": 5,
    "raises": 5,
    "called-once": 4,
    "in": 3,
    "matches": 3,
    "not": 3,
    "check": 3,
    "!=": 2,
    "is not": 2,
    "not in": 2,
    "<": 2,
    "<=": 2,
    ">": 2,
    ">=": 2,
    "called": 2,
    "type": 2,
    "truthy": 2,
    "or": 1,
    "present": 1,
    "raises-any": 1,
    "trivial": 0,
}
"""How much a form of claim says about a value."""

COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
UNITTEST = {
    "assertEqual": "==",
    "assertEquals": "==",
    "assertListEqual": "==",
    "assertDictEqual": "==",
    "assertTupleEqual": "==",
    "assertSetEqual": "==",
    "assertSequenceEqual": "==",
    "assertMultiLineEqual": "==",
    "assertCountEqual": "==",
    "assertNotEqual": "!=",
    "assertIs": "is",
    "assertIsNot": "is not",
    "assertIn": "in",
    "assertNotIn": "not in",
    "assertGreater": ">",
    "assertGreaterEqual": ">=",
    "assertLess": "<",
    "assertLessEqual": "<=",
    "assertIsInstance": "type",
    "assertRegex": "matches",
    "assertAlmostEqual": "approx",
}
CALLED = {
    "assert_called_once_with": "called-with",
    "assert_called_with": "called-with",
    "assert_has_calls": "called-with",
    "assert_any_call": "called-with",
    "assert_called_once": "called-once",
    "assert_not_called": "called-once",
    "assert_awaited_once_with": "called-with",
    "assert_awaited_once": "called-once",
    "assert_called": "called",
    "assert_awaited": "called",
}
CHECKING = re.compile(r"^_?(?:assert|check|verify|expect|ensure)_?\w*$")
BROAD = frozenset({"Exception", "BaseException"})
LONGEST = 3000


class Claim(msgspec.Struct, frozen=True):
    """One thing that is said. `left` and `right` are in normal spelling; `tolerance` grows as it gets looser."""

    form: str
    left: str
    right: str
    line: int
    literals: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tolerance: float = 0.0

    @property
    def text(self) -> str:
        """Return what two versions are compared by; which side stands first says nothing."""
        sides = (
            sorted((self.left, self.right)) if self.form in ("==", "!=", "is", "approx") else [self.left, self.right]
        )
        return f"{sides[0]} {self.form} {sides[1]} ±{self.tolerance}"

    @property
    def strength(self) -> int:
        """Return how much the claim says."""
        return STRENGTH[self.form]


def literals_of(node: ast.AST) -> list[str]:
    """Return the constants of an expression, docstrings of functions left out."""
    parents = {id(n.value) for n in ast.walk(node) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    return [repr(n.value) for n in ast.walk(node) if isinstance(n, ast.Constant) and id(n) not in parents]


def names_of(node: ast.AST) -> list[str]:
    """Return the identifiers of an expression, attributes included."""
    found = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            found.append(inner.id)
        elif isinstance(inner, ast.Attribute):
            found.append(inner.attr)
    return found


def plain_locals(function: ast.AST) -> dict[str, ast.expr]:
    """Return the local names that are set once, with what they stand for."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, [])
    stores = Counter(n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {name: values[0] for name, values in found.items() if len(values) == 1 and stores[name] == 1}


def claims_of(node: ast.AST, known: dict[str, ast.expr]) -> Iterator[Claim]:
    """Yield the claims below a node, local names replaced by what they stand for."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            yield from _said(_filled(inner.test, known), inner.lineno)
        elif isinstance(inner, ast.Call):
            yield from _called(inner, known)


def _filled(expression: ast.expr, known: dict[str, ast.expr], depth: int = 0) -> ast.expr:
    used = set(names_of(expression)) & known.keys()
    if not used or depth > 4:
        return expression
    filled = _Filler(known).visit(ast.parse(ast.unparse(expression), mode="eval").body)
    if not isinstance(filled, ast.expr) or len(ast.unparse(filled)) > LONGEST:
        return expression
    return _filled(filled, {name: value for name, value in known.items() if name not in used}, depth + 1)


class _Filler(ast.NodeTransformer):
    def __init__(self, known: dict[str, ast.expr]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._known.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def _said(test: ast.expr, line: int) -> Iterator[Claim]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _said(value, line)
    elif isinstance(test, ast.Compare):
        sides = [test.left, *test.comparators]
        for index, operator in enumerate(test.ops):
            yield _compared(COMPARED[type(operator)], sides[index], sides[index + 1], line)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield _negated(test.operand, line)
    else:
        yield _truthy(test, line)


def _negated(inner: ast.expr, line: int) -> Claim:
    opposite = {"==": "!=", "in": "not in", "is": "is not", "!=": "==", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}
    if isinstance(inner, ast.Compare) and len(inner.ops) == 1:
        form = COMPARED[type(inner.ops[0])]
        return _compared(opposite.get(form, "not"), inner.left, inner.comparators[0], line)
    return _claim("trivial" if isinstance(inner, ast.Constant) else "not", inner, None, line)


def _truthy(test: ast.expr, line: int) -> Claim:
    if isinstance(test, ast.Constant | ast.Tuple | ast.JoinedStr | ast.Lambda | ast.List):
        return _claim("trivial", test, None, line)
    if isinstance(test, ast.BoolOp):
        sure = any(next(_said(value, line)).form == "trivial" for value in test.values)
        return _claim("trivial" if sure or _opposites(test.values) else "or", test, None, line)
    if (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Name)
        and test.func.id == "isinstance"
        and len(test.args) == 2
    ):
        vague = isinstance(test.args[1], ast.Name) and test.args[1].id == "object"
        return _claim("trivial" if vague else "type", test.args[0], test.args[1], line)
    if (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Attribute)
        and test.func.attr in ("startswith", "endswith")
    ):
        return _claim("matches", test.func.value, test.args[0] if test.args else None, line)
    return _claim("truthy", test, None, line)


def _opposites(values: list[ast.expr]) -> bool:
    texts = {ast.unparse(value) for value in values}
    return any(f"not {text}" in texts or text.replace(" is ", " is not ") in texts - {text} for text in texts)


def _compared(form: str, left: ast.expr, right: ast.expr, line: int) -> Claim:
    if (
        isinstance(left, ast.Constant)
        and not isinstance(right, ast.Constant)
        and form in ("==", "!=", "is", "is not")
    ):
        left, right = right, left
    if ast.dump(left) == ast.dump(right) or (isinstance(left, ast.Constant) and isinstance(right, ast.Constant)):
        return _claim("trivial", left, right, line)
    constant = right.value if isinstance(right, ast.Constant) else ...
    if form in ("==", "is") and constant is True:
        return _truthy(left, line)
    if form in ("==", "is") and constant is False:
        return _negated(left, line)
    if form in ("!=", "is not") and constant is None:
        return _claim("present", left, right, line)
    if form == "==" and constant is None:
        form = "is"
    empty = (form == ">=" and constant == 0) or (form == ">" and constant == -1)
    if empty and isinstance(left, ast.Call) and names_of(left.func) == ["len"]:
        return _claim("trivial", left, right, line)
    if "approx" in (_function(left), _function(right)):
        close, other = (left, right) if _function(left) == "approx" else (right, left)
        assert isinstance(close, ast.Call)
        return _claim("approx", other, close.args[0] if close.args else close, line, _tolerance(close))
    return _claim(form, left, right, line)


def _function(node: ast.expr) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return (
        node.func.attr
        if isinstance(node.func, ast.Attribute)
        else node.func.id
        if isinstance(node.func, ast.Name)
        else ""
    )


def _tolerance(call: ast.Call) -> float:
    """Return the largest distance that approx (rel, abs) or assertAlmostEqual (delta, places) allows."""
    values = {k.arg: k.value.value for k in call.keywords if k.arg and isinstance(k.value, ast.Constant)}
    positions = [a.value for a in call.args[1:] if isinstance(a, ast.Constant)]
    numbers = [float(v) for key in ("rel", "abs", "delta") if isinstance(v := values.get(key), int | float)]
    if _function(call) == "assertAlmostEqual":
        places = values.get("places", positions[1] if len(positions) > 1 else 7)
        return max(numbers, default=10.0 ** -float(places) if isinstance(places, int | float) else 0.0)
    numbers += [float(value) for value in positions if isinstance(value, int | float)]
    return max(numbers, default=1e-6)


def _called(call: ast.Call, known: dict[str, ast.expr]) -> Iterator[Claim]:
    name = _function(call)
    arguments = [_filled(argument, known) for argument in call.args]
    if name in UNITTEST and len(arguments) >= 2 and isinstance(call.func, ast.Attribute):
        form = UNITTEST[name]
        if form == "approx":
            yield _claim("approx", arguments[0], arguments[1], call.lineno, _tolerance(call))
        else:
            simple = form in ("type", "matches")
            yield (_claim if simple else _compared)(form, arguments[0], arguments[1], call.lineno)
    elif name in ("assertTrue", "assertFalse") and arguments:
        yield from _said(arguments[0], call.lineno) if name == "assertTrue" else [_negated(arguments[0], call.lineno)]
    elif name in ("assertIsNone", "assertIsNotNone") and arguments:
        yield _compared("is" if name == "assertIsNone" else "is not", arguments[0], ast.Constant(None), call.lineno)
    elif name in CALLED:
        yield _claim(CALLED[name], call, None, call.lineno)
    elif name in ("raises", "assertRaises", "assertRaisesRegex", "warns", "assertWarns"):
        yield _raises(call, arguments)
    elif CHECKING.match(name) and not name.startswith("assert_called"):
        yield _claim("check", call, None, call.lineno)


def _raises(call: ast.Call, arguments: list[ast.expr]) -> Claim:
    match = next((k.value for k in call.keywords if k.arg == "match"), None)
    match = match or (arguments[1] if _function(call) == "assertRaisesRegex" and len(arguments) > 1 else None)
    expected = arguments[0] if arguments else ast.Constant(None)
    broad = bool(BROAD & set(names_of(expected)))
    form = "raises-any" if broad else "raises-match" if match is not None else "raises"
    return _claim(form, expected, match, call.lineno)


def _claim(form: str, left: ast.expr, right: ast.expr | None, line: int, tolerance: float = 0.0) -> Claim:
    sides = [left] if right is None else [left, right]
    return Claim(
        form=form,
        left=ast.unparse(left),
        right="" if right is None else ast.unparse(right),
        line=line,
        literals=tuple(sorted(text for side in sides for text in literals_of(side))),
        names=tuple(name for side in sides for name in names_of(side)),
        tolerance=tolerance,
    )
