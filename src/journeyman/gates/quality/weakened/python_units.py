"""A Python test file as units: its functions, each with its claims, skips, cases and traps."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import msgspec

from journeyman.gates.quality.weakened.claims import Claim, claims_of, literals_of, names_of, plain_locals

Function = ast.FunctionDef | ast.AsyncFunctionDef
SKIPS = frozenset({"skip", "skipif", "skipIf", "skipUnless", "xfail", "expectedFailure", "skipTest", "SkipTest"})
COLLECTION_HOOKS = ("pytest_collection", "pytest_ignore", "pytest_runtest", "pytest_collect", "pytest_pycollect")


class Unit(msgspec.Struct, frozen=True):
    """One function of a test file. `cases` are the parametrised and looped-over rows, as sets of literals."""

    name: str
    line: int
    is_test: bool
    claims: tuple[Claim, ...]
    skips: int
    cases: tuple[tuple[str, ...], ...]
    swallowed: int
    unreachable: int
    conditional: int
    literals: Counter[str]
    names: frozenset[str]
    locals: frozenset[str]
    marks: frozenset[str]


class TestFile(msgspec.Struct, frozen=True):
    """A parsed file: its units by qualified name, and what holds for the whole file."""

    __test__ = False

    units: dict[str, Unit]
    skips: int
    names: frozenset[str]
    hooks: dict[str, str]
    ignored: tuple[str, ...]


def parsed(text: str | None) -> ast.Module | None:
    """Return a file's tree; None for what does not parse."""
    try:
        return ast.parse(text or "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def read_test_file(text: str | None) -> TestFile | None:
    """Return what a text holds; None for what does not parse."""
    module = parsed(text)
    if module is None:
        return None
    constants = _module_constants(module)
    functions = list(_functions(module.body, (), 0))
    units = [_unit(owner, function, skips, constants) for owner, function, skips in functions]
    gone = _unset(module)
    return TestFile(
        units={unit.name: unit for unit in units if unit.name not in gone},
        skips=_module_skips(module),
        names=frozenset(names_of(module)) | _imported(module),
        hooks={function.name: ast.unparse(function) for _, function, _ in functions if _decides(function)},
        ignored=tuple(_ignored(module)),
    )


def _imported(module: ast.Module) -> set[str]:
    imports = [node for node in ast.walk(module) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def _functions(
    body: list[ast.stmt], owner: tuple[str, ...], skips: int
) -> Iterator[tuple[tuple[str, ...], Function, int]]:
    """Yield functions with their classes, and how often something around them skips them."""
    for node in body:
        if isinstance(node, Function):
            yield owner, node, skips
        elif isinstance(node, ast.ClassDef):
            inside = skips + _decorator_skips(node) + _class_skips(node)
            yield from _functions(node.body, (*owner, node.name), inside)
        elif isinstance(node, ast.If):
            never = isinstance(node.test, ast.Constant) and not node.test.value
            yield from _functions(node.body, owner, skips + (1 if never else 0))
            yield from _functions(node.orelse, owner, skips)
        elif isinstance(node, ast.Try | ast.With):
            yield from _functions(node.body, owner, skips)


def _unit(owner: tuple[str, ...], function: Function, skips: int, constants: dict[str, ast.expr]) -> Unit:
    known = plain_locals(function)
    collected = all(_collects(part) for part in owner) and not _is_fixture(function)
    return Unit(
        name="::".join((*owner, function.name)),
        line=function.lineno,
        is_test=function.name.startswith("test") and collected,
        claims=tuple(claims_of(function, known)),
        skips=skips + _decorator_skips(function) + _body_skips(function),
        cases=tuple(_cases(function, constants)),
        swallowed=sum(_swallows(node) for node in ast.walk(function)),
        unreachable=_unreachable(function.body),
        conditional=sum(_holds_claim(node) for node in ast.walk(function) if isinstance(node, ast.If)),
        literals=Counter(literals_of(function)),
        names=frozenset(names_of(function)),
        locals=frozenset(known)
        | {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
        | _stored(function),
        marks=frozenset(_marks(function)),
    )


def _stored(function: Function) -> set[str]:
    return {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _collects(class_name: str) -> bool:
    return class_name.startswith("Test") or class_name.endswith(("Test", "Tests", "TestCase", "Case", "Spec"))


def _is_fixture(function: Function) -> bool:
    return any("fixture" in names_of(decorator) for decorator in function.decorator_list)


def _marks(function: Function) -> Iterator[str]:
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(target, ast.Attribute) and "mark" in names_of(target.value):
            yield target.attr


def _decorator_skips(node: Function | ast.ClassDef) -> int:
    return sum(bool(SKIPS & set(names_of(decorator))) for decorator in node.decorator_list)


def _class_skips(node: ast.ClassDef) -> int:
    return sum(_turns_off(statement) for statement in node.body) + sum(
        _body_skips(f)
        for f in node.body
        if isinstance(f, Function) and f.name in ("setUp", "setUpClass", "setup_method")
    )


def _turns_off(statement: ast.stmt) -> bool:
    """Whether a statement of a class or module is `__test__ = False` or a skipping `pytestmark`."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    if "__test__" in names:
        return isinstance(statement.value, ast.Constant) and not statement.value.value
    return "pytestmark" in names and bool(SKIPS & set(names_of(statement.value)))


def _body_skips(function: Function) -> int:
    """Return how many statements of a body leave the test without a verdict."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    raised = (node.exc for node in ast.walk(function) if isinstance(node, ast.Raise) and node.exc)
    called = sum(_last_name(target) in {*SKIPS, "importorskip"} and not _is_mark(target) for target in calls)
    return called + sum(_last_name(target) == "SkipTest" for target in raised if not isinstance(target, ast.Call))


def _is_mark(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and _last_name(node.value) == "mark"


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _module_skips(module: ast.Module) -> int:
    """Return what skips the whole file: pytestmark, a call of skip, __test__."""
    calls = [n.value for n in ast.walk(module) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]
    inside = {id(n) for f in ast.walk(module) if isinstance(f, Function) for n in ast.walk(f)}
    outer = [call for call in calls if id(call) not in inside]
    asked = sum(_last_name(call.func) in {*SKIPS, "importorskip", "exit"} for call in outer)
    imported = sum(
        isinstance(n, ast.Assign) and isinstance(n.value, ast.Call) and _last_name(n.value.func) == "importorskip"
        for n in module.body
    )
    raised = sum(
        isinstance(n, ast.Raise) and "SkipTest" in names_of(n) and id(n) not in inside for n in ast.walk(module)
    )
    return asked + imported + raised + sum(_turns_off(statement) for statement in module.body)


def _unset(module: ast.Module) -> set[str]:
    """Return module-level names that are deleted or overwritten: `del test_a`, `test_a = None`."""
    gone: set[str] = set()
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else []
        gone |= {target.id for target in targets if isinstance(target, ast.Name) and target.id.startswith("test")}
    return gone


def _module_constants(module: ast.Module) -> dict[str, ast.expr]:
    """Return the module-level lists and the like, by name."""
    found: dict[str, ast.expr] = {}
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(
            node.value, ast.List | ast.Tuple | ast.Set | ast.Dict
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node.value for target in targets if isinstance(target, ast.Name)}
    return found


def _cases(function: Function, constants: dict[str, ast.expr]) -> Iterator[tuple[str, ...]]:
    calls = [d for d in function.decorator_list if isinstance(d, ast.Call)]
    listed = [c.args[1] for c in calls if _last_name(c.func) in ("parametrize", "expand", "data") and len(c.args) > 1]
    listed += [a for c in calls if _last_name(c.func) in ("expand", "data", "example") for a in c.args[:1]]
    listed += [k.value for c in calls for k in c.keywords if k.arg == "argvalues"]
    listed += [node.iter for node in ast.walk(function) if isinstance(node, ast.For)]
    for values in listed:
        resolved = constants.get(values.id, values) if isinstance(values, ast.Name) else values
        for element in _elements(resolved):
            yield tuple(sorted(literals_of(_row(element)))) or (ast.unparse(element),)


def _elements(values: ast.expr) -> list[ast.expr]:
    if isinstance(values, ast.List | ast.Tuple | ast.Set):
        return values.elts
    if isinstance(values, ast.Dict):
        return [ast.Tuple([key, value]) for key, value in zip(values.keys, values.values, strict=True) if key]
    if isinstance(values, ast.Call) and _last_name(values.func) == "items" and isinstance(values.func, ast.Attribute):
        return _elements(values.func.value)
    return []


def _row(element: ast.expr) -> ast.expr:
    """Return a case without its name and marks: `pytest.param(1, 2, id="x")` is `(1, 2)`."""
    if isinstance(element, ast.Call) and _last_name(element.func) == "param":
        return ast.Tuple(element.args)
    return element


def _swallows(node: ast.AST) -> bool:
    """Whether a statement keeps a failed claim from failing the test."""
    if isinstance(node, ast.With | ast.AsyncWith):
        quiet = any("suppress" in names_of(item.context_expr) for item in node.items)
        return quiet and _holds_claim(node)
    if not isinstance(node, ast.Try) or not any(_holds_claim(statement) for statement in node.body):
        return False
    return any(_is_quiet(handler) for handler in node.handlers)


def _is_quiet(handler: ast.ExceptHandler) -> bool:
    said = {name for statement in handler.body for name in names_of(statement)}
    raised = any(isinstance(node, ast.Raise | ast.Assert) for node in ast.walk(handler))
    return not raised and not {"fail"} & said and not any(name.startswith("assert") for name in said)


def _holds_claim(node: ast.AST) -> bool:
    return any(True for _ in claims_of(node, {}))


def _unreachable(body: list[ast.stmt]) -> int:
    """Return how many claims of a block are never reached: behind a return, or under `if False`."""
    count, ended = 0, False
    for statement in body:
        if ended:
            count += sum(1 for _ in claims_of(statement, {}))
            continue
        ended = isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break)
        if isinstance(statement, ast.If | ast.While):
            never = isinstance(statement.test, ast.Constant) and not statement.test.value
            count += (
                sum(1 for s in statement.body for _ in claims_of(s, {})) if never else _unreachable(statement.body)
            )
        elif isinstance(statement, ast.For | ast.With | ast.AsyncWith | ast.Try):
            count += _unreachable(statement.body)
    return count


def _decides(function: Function) -> bool:
    if function.name.startswith(COLLECTION_HOOKS):
        return True
    autouse = any("autouse" in ast.unparse(d) for d in function.decorator_list)
    return autouse and _body_skips(function) > 0


def _ignored(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Name) and t.id.startswith("collect_ignore") for t in targets) and node.value:
                yield from literals_of(node.value)
        elif isinstance(node, ast.Expr) and ast.unparse(node).startswith("collect_ignore"):
            yield from literals_of(node)
