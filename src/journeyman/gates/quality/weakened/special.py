"""Source code that knows it is being tested: it looks for the test runner, or answers a test's input by heart."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import msgspec

from journeyman.domain.changes import Finding
from journeyman.gates.comparison import Comparison, Edit
from journeyman.gates.places import is_ci, is_test
from journeyman.gates.quality.weakened.claims import literals_of
from journeyman.gates.quality.weakened.python_units import Function, parsed
from journeyman.gates.quality.weakened.verdicts import blocks, warns

RUNNERS = re.compile(
    r"PYTEST_CURRENT_TEST|PYTEST_XDIST|PYTEST_VERSION|JEST_WORKER_ID|VITEST_WORKER_ID|process\.env\.(?:VITEST|JEST)"
    r"|['\"](?:pytest|_pytest|unittest|py\.test)['\"]\s+(?:not\s+)?in\s+(?:sys\.modules|sys\.argv|str\()"
    r"|sys\.modules\.get\(\s*['\"](?:pytest|unittest)|sys\._called_from_test"
    r"|hasattr\(\s*sys\s*,\s*['\"]_called_from_test"
    r"|['\"](?:pytest|unittest)['\"]\s+in\s+\w*(?:argv|modules|stack|frame|caller)\w*"
    r"|(?:argv|modules)\b.{0,30}['\"](?:pytest|py\.test|unittest)['\"]"
    r"|(?:NODE_ENV|RAILS_ENV|RACK_ENV|APP_ENV|FLASK_ENV)\W{1,8}(?:={2,3}|,)?\s*['\"]test['\"]"
    r"|typeof\s+(?:jest|vi|describe|it)\b|import\.meta\.vitest|flag\.Lookup\(\s*\"test\.|testing\.Testing\(\)"
    r"|os\.Args\[0\].{0,40}\.test\b|cfg!\(\s*(?:not\(\s*)?test\b|#\[cfg\(not\(test\)\)\]"
    r"|inspect\.stack\(\).{0,80}test|\.f_code\.co_(?:filename|name).{0,40}test|f_back.{0,60}test_"
    r"|StackTrace.{0,80}(?:junit|Test)|(?:getenv|environ\S{0,5})\W{1,4}['\"](?:TESTING|TEST_MODE|IS_TEST"
    r"|UNDER_TEST|CI)['\"]"
)
PLAIN = frozenset({"0", "1", "-1", "2", "''", "None", "True", "False", "0.0", "1.0", "b''", "'__main__'"})
"""Literals that honest base cases ask for and give."""
MOST_TESTS, MOST_CHARACTERS = 400, 4_000_000
FEW_BRANCHES = 3
BRANCH = re.compile(
    r"(?:if|case|when|else if|elif)\b[^\n]{0,120}?(?:={2,3}|case|when|\.equals\()\s*\(?\s*(\"[^\"\n]+\""
    r"|'[^'\n]+'|-?\d[\d_.]*)"
    r"[^\n]{0,60}?(?:\n\s*)?\{?\s*(?:return|=>|->|then|:)\s*(?:return\s+)?(\"[^\"\n]*\"|'[^'\n]*'"
    r"|-?\d[\d_.]*|true|false|null|nil)"
)


class Answer(msgspec.Struct, frozen=True):
    """A branch that gives a constant for a constant. `general` is False where the whole function is such a table."""

    given: tuple[str, ...]
    gives: tuple[str, ...]
    line: int
    general: bool = True


async def special_cases(comparison: Comparison) -> Iterable[Finding]:
    """Return places where the source looks at the tests or knows their answers."""
    found: list[Finding] = []
    suspects: list[tuple[Edit, Answer]] = []
    for edit in comparison.edits:
        if edit.after is None or is_test(edit.path) or is_ci(edit.path) or not _is_code(edit.path):
            continue
        found += _looks(edit)
        suspects += [(edit, answer) for answer in _new_answers(edit)]
    if suspects:
        tests = await _tests(comparison)
        found += [finding for edit, answer in suspects for finding in _by_heart(edit, answer, tests)]
    return found


def _is_code(path: str) -> bool:
    return path.endswith(
        (".py", ".js", ".ts", ".jsx", ".tsx", ".mjs", ".cjs", ".go", ".rs", ".java", ".kt", ".rb", ".cs", ".php")
    )


def _looks(edit: Edit) -> Iterator[Finding]:
    for line, text in edit.added():
        if not text.lstrip().startswith(("#!", "//", "# ", "*")) and RUNNERS.search(text[:1000]):
            yield blocks("special-cased", "the code looks whether it is being tested", edit.path, line, text.strip())


def _new_answers(edit: Edit) -> list[Answer]:
    read = _python_answers if edit.path.endswith(".py") else _line_answers
    answers = read(edit.after or "")
    if edit.path.endswith(".py") and edit.before and parsed(edit.before) is None:  # what was there cannot be read
        added = {line + more for line, _ in edit.added() for more in (-2, -1, 0)}
        return [answer for answer in answers if answer.line in added]
    known = {(answer.given, answer.gives) for answer in read(edit.before or "")}
    return [answer for answer in answers if (answer.given, answer.gives) not in known]


def _line_answers(text: str) -> list[Answer]:
    rows = [
        Answer((_spelt(found.group(1)),), (_spelt(found.group(2)),), text.count("\n", 0, found.start()) + 1)
        for found in BRANCH.finditer(text)
    ]
    if len(rows) >= FEW_BRANCHES:
        rows = [msgspec.structs.replace(row, general=False) for row in rows]
    return [row for row in rows if row.given[0] not in PLAIN]


def _spelt(literal: str) -> str:
    if literal[:1] in "'\"":
        return repr(literal[1:-1])
    return {"true": "True", "false": "False", "null": "None", "nil": "None"}.get(literal, literal.replace("_", ""))


def _python_answers(text: str) -> list[Answer]:
    module = parsed(text)
    if module is None:
        return []
    functions = [node for node in ast.walk(module) if isinstance(node, Function)]
    answers = [answer for function in functions for answer in _of_function(function, _named_tables(module))]
    return [answer for answer in answers if not set(answer.given) <= PLAIN]


def _of_function(function: Function, tables: dict[str, ast.Dict]) -> Iterator[Answer]:
    """Yield the constant answers; a function that only looks things up is honest, one with exceptions is not."""
    computes = _computes(function)
    rows = [*_branches(function), *_choices(function)]
    for given, gives, line in rows:
        if given and gives:
            yield Answer(tuple(given), tuple(gives), line, general=computes or len(rows) < FEW_BRANCHES)
    listed = list(
        dict.fromkeys((tuple(given), tuple(gives), line) for given, gives, line in _looked_up(function, tables))
    )
    for given_all, gives_all, line in listed:
        yield Answer(given_all, gives_all, line, general=computes and len(listed) <= FEW_BRANCHES)


Row = tuple[list[str], list[str], int]


def _branches(function: Function) -> Iterator[Row]:
    """Yield `if x == 3: return 9` and `case 3: return 9`."""
    for node in ast.walk(function):
        if (
            isinstance(node, ast.If)
            and (given := _asked(node.test))
            and (gives := _constant_end(node.body)) is not None
        ):
            yield given, gives, node.lineno
        elif isinstance(node, ast.match_case) and (gives := _constant_end(node.body)) is not None:
            yield literals_of(node.pattern), gives, node.body[0].lineno


def _choices(function: Function) -> Iterator[Row]:
    """Yield `9 if x == 3 else …`."""
    for node in ast.walk(function):
        if (
            isinstance(node, ast.IfExp)
            and (given := _asked(node.test))
            and (gives := _constant(node.body)) is not None
        ):
            yield given, gives, node.lineno


def _looked_up(function: Function, tables: dict[str, ast.Dict]) -> Iterator[Row]:
    """Yield the rows of the tables that are asked for an argument of the function."""
    arguments = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    known = tables | _named_tables(function)
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript):
            table, key = node.value, node.slice
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            table, key = node.func.value, node.args[0]
        else:
            continue
        found = known.get(table.id) if isinstance(table, ast.Name) else table
        asked = {part.id for part in ast.walk(key) if isinstance(part, ast.Name)}
        if isinstance(found, ast.Dict) and asked and asked <= arguments and isinstance(key, ast.Name | ast.Tuple):
            yield from _rows_of(found)


def _named_tables(node: Function | ast.Module) -> dict[str, ast.Dict]:
    assigned = (n for n in node.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Dict))
    return {
        t.id: n.value
        for n in assigned
        for t in n.targets
        if isinstance(t, ast.Name) and isinstance(n.value, ast.Dict)
    }


def _rows_of(table: ast.Dict) -> Iterator[Row]:
    for key, value in zip(table.keys, table.values, strict=True):
        gives = _constant(value)
        if key is not None and gives is not None and (given := _constant(key)):
            yield given, gives, key.lineno


def _asked(test: ast.expr) -> list[str]:
    """Return the literals that a condition asks for by equality; empty if it asks for anything else."""
    if isinstance(test, ast.BoolOp):
        parts = [_asked(value) for value in test.values]
        return [literal for part in parts for literal in part] if all(parts) else []
    if (
        not isinstance(test, ast.Compare)
        or len(test.ops) != 1
        or not isinstance(test.ops[0], ast.Eq | ast.Is | ast.In)
    ):
        return []
    sides = [_constant(side) for side in (test.left, test.comparators[0])]
    constant = [side for side in sides if side is not None]
    return constant[0] if len(constant) == 1 else []


def _constant(node: ast.expr) -> list[str] | None:
    """Return the literals of a constant expression; None if it has anything else in it."""
    allowed = (ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.USub, ast.Load)
    if not all(isinstance(inner, allowed) for inner in ast.walk(node)):
        return None
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
        return [f"-{node.operand.value!r}"]
    return literals_of(node) or [ast.unparse(node)]


def _constant_end(body: list[ast.stmt]) -> list[str] | None:
    last = body[-1]
    if len(body) > 2:
        return None
    if isinstance(last, ast.Return) and last.value is not None:
        return _constant(last.value)
    return _constant(last.value) if isinstance(last, ast.Assign) and len(body) == 1 else None


def _computes(function: Function) -> bool:
    """Whether a function has an end that is no constant: then the constant ones beside it are exceptions."""
    returned = [n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None]
    return any(_constant(value) is None and not isinstance(value, ast.Subscript | ast.Name) for value in returned)


async def _tests(comparison: Comparison) -> list[list[str]]:
    """Return the statements of each test file that hold literals, from the tree after the change."""
    paths = [path for path in comparison.paths if is_test(path) and _is_code(path)][:MOST_TESTS]
    texts: list[str] = []
    for path in paths:
        text = await comparison.read(path) if comparison.read else None
        if text and sum(map(len, texts)) < MOST_CHARACTERS:
            texts.append(text)
    return [_statements(text) for text in texts]


def _statements(text: str) -> list[str]:
    module = parsed(text)
    if module is None or not module.body:
        return text.splitlines()
    rows: list[str] = []
    for node in ast.walk(module):
        if isinstance(node, ast.Assert | ast.Expr) or (isinstance(node, ast.Tuple | ast.Call) and node is not None):
            rows.append(" ".join(literals_of(node)))
        elif isinstance(node, Function):
            rows.append(" ".join(literals_of(node)) if len(literals_of(node)) < 12 else "")
    return rows


def _by_heart(edit: Edit, answer: Answer, tests: list[list[str]]) -> Iterator[Finding]:
    """A single input and its output must stand together; one of several values may come from a fixture."""
    given = [_literal_pattern(literal) for literal in answer.given]
    gives = [_literal_pattern(literal) for literal in answer.gives]
    if len(answer.given) == 1:
        known = any(_all_in([*given, *gives], row) for rows in tests for row in rows)
    else:
        known = any(any(_all_in(given, r) for r in rows) and any(_all_in(gives, r) for r in rows) for rows in tests)
    if not known:
        return
    said = f"the code answers a test's input by heart: {', '.join(answer.given)} gives {', '.join(answer.gives)}"
    sure = answer.general and not set(answer.gives) <= PLAIN
    yield (blocks if sure else warns)("special-cased", said, edit.path, answer.line)


def _all_in(patterns: list[re.Pattern[str]], row: str) -> bool:
    return all(pattern.search(row) for pattern in patterns)


def _literal_pattern(literal: str) -> re.Pattern[str]:
    if literal[:1] in "'\"":
        return re.compile(rf"['\"`]{re.escape(literal[1:-1])}['\"`]")
    return re.compile(rf"(?<![\w.]){re.escape(literal)}(?![\w.])", re.IGNORECASE)
