"""How behaviour goes wrong: types, snapshots that are stale, tests that fail now and then, simple faults of logic."""

from __future__ import annotations

import ast
import re
from random import Random

from bench.seeded.rules.manifests import _test
from bench.seeded.rules.places import nodes, replaced, source
from bench.seeded.seeds import TESTS, TYPES, Project, Seed, Way

# Types, where a checker is part of CI.


def _typed(project: Project) -> tuple[str, str] | None:
    path = next(iter(project.sources()), "")
    return (path, project.files[path]) if TYPES in project.checks else None


def _appended(project: Project, wrong: str, right: str) -> Seed | None:
    place = _typed(project)
    if place is None:
        return None
    path, text = place
    return Seed({path: f"{text}\n\n{wrong}"}, (TYPES, TESTS), wanted={path: f"{text}\n\n{right}"})


def unused_ignore(project: Project, chance: Random) -> Seed | None:
    place = _typed(project)
    if place is None:
        return None
    path, text = place
    lines = text.splitlines(keepends=True)
    fitting = [at for at, line in enumerate(lines) if re.match(r"^    return \w+$", line)]
    if not fitting:
        return None
    at = chance.choice(fitting)
    lines[at] = lines[at].rstrip("\n") + f"  # type: ignore{chance.choice(['', '[return-value]'])}\n"
    return Seed({path: "".join(lines)}, (TYPES, TESTS), strict=True)


def no_annotation(project: Project, chance: Random) -> Seed | None:
    name = chance.choice(["reset", "close"])
    wrong = f"def {name}_all():\n    _STATE.clear()\n\n\n_STATE: dict[str, int] = {{}}\n"
    return _appended(project, wrong, wrong.replace("_all():", "_all() -> None:"))


def implicit_optional(project: Project, chance: Random) -> Seed | None:
    kind, value = chance.choice([("str", "''"), ("int", "0")])
    wrong = f"def either(value: {kind} = None) -> {kind}:\n    return {value} if value is None else value\n"
    return _appended(project, wrong, wrong.replace(f"value: {kind} =", f"value: {kind} | None ="))


def wrong_return_type(project: Project, chance: Random) -> Seed | None:
    said, real = chance.choice([("int", "str"), ("None", "str")])
    wrong = f"def named(value: int) -> {said}:\n    return f'{{value}}'\n"
    return _appended(project, wrong, wrong.replace(f"-> {said}", f"-> {real}"))


def untyped_parameter(project: Project, chance: Random) -> Seed | None:
    value = chance.choice(["0", "False", "'x'"])
    wrong = f"def repeated(times={value}) -> str:\n    return str(times)\n"
    kind = type(ast.literal_eval(value)).__name__
    return _appended(project, wrong, wrong.replace("times=", f"times: {kind} = "))


def container_not_annotated(project: Project, chance: Random) -> Seed | None:
    del chance
    wrong = "def counted(words: list[str]) -> int:\n    seen = {}\n    for word in words:\n        seen[word] = 1\n    return len(seen)\n"
    return _appended(project, wrong, wrong.replace("seen = {}", "seen: dict[str, int] = {}"))


# Snapshots.

_SNAPSHOT_TEST = "from {module} import {name}\n\n\ndef test_kept(snapshot):\n    assert {call} == snapshot\n"
_AMBER = "# serializer version: 1\n# name: test_kept\n  '{value}'\n# ---\n"


def _snapshot(project: Project, allowed: bool, chance: Random) -> Seed | None:
    path, text = next(iter(project.sources().items()))
    if project.language != "python":
        return None
    module = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    word = f"{chance.choice(['plain', 'quiet', 'bold'])} {chance.randrange(1000)}"
    code = f"\n\ndef described():\n    return 'a {word} text'\n"
    test = _test(project, "test_kept.py")
    amber = f"{test.rpartition('/')[0]}/__snapshots__/test_kept.ambr".lstrip("/")
    base = {
        path: text + code,
        test: _SNAPSHOT_TEST.format(module=module, name="described", call="described()"),
        amber: _AMBER.format(value=f"a {word} text"),
    }
    stale = {amber: _AMBER.format(value="a text of old")}
    options = ("--allow-oracle-changes",) if allowed else ()
    return Seed(
        stale, (TESTS,), base=base, strict=True, options=options, outcome="mended" if allowed else "left alone"
    )


def stale_snapshot(project: Project, chance: Random) -> Seed | None:
    """The output was changed on purpose, the snapshot not renewed; a person allows that it is."""
    return _snapshot(project, True, chance)


def stale_snapshot_not_allowed(project: Project, chance: Random) -> Seed | None:
    """The same, and nobody has allowed it: all has to stay as it is."""
    return _snapshot(project, False, chance)


# Flaky tests.


def flaky(project: Project, chance: Random) -> Seed | None:
    """A test that fails in about half of its runs, by chance, time or order. It is to be told, and not edited."""
    if project.language != "python":
        return None
    often = chance.choice([0.2, 0.3, 0.4, 0.5])
    body = chance.choice(
        [
            f"import random\n\n\ndef test_sometimes():\n    assert random.random() < {often}\n",
            f"import time\n\n\ndef test_sometimes():\n    assert time.time() * 1000 % 1 < {often}\n",
            f"import os\n\n\ndef test_sometimes():\n    assert os.urandom(1)[0] < 256 * {often}\n",
        ]
    )
    return Seed({_test(project, "test_sometimes.py"): body}, (TESTS,), outcome="told as flaky")


# Faults of logic, one edit each.


def _logic(path: str, text: str) -> Seed:
    return Seed({path: text}, (TESTS,), half_tests=True)


def comparison(project: Project, chance: Random) -> Seed | None:
    other = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == "}
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Compare)):
        words = source(text, node)
        mark = next((mark for mark in other if words.count(mark) == 1), None)
        if mark:
            return _logic(path, replaced(text, node, words.replace(mark, other[mark])))
    return None


def off_by_one(project: Project, chance: Random) -> Seed | None:
    def wanted(node: ast.AST) -> bool:
        return isinstance(node, ast.Constant) and type(node.value) is int

    for path, text, node in nodes(project, chance, wanted):
        assert isinstance(node, ast.Constant)
        assert isinstance(node.value, int)
        return _logic(path, replaced(text, node, str(node.value + 1)))
    return None


def connective(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.BoolOp)):
        words = source(text, node)
        one, two = (" and ", " or ") if " and " in words else (" or ", " and ")
        if words.count(one) == 1 and two not in words:
            return _logic(path, replaced(text, node, words.replace(one, two)))
    return None


def negation_lost(project: Project, chance: Random) -> Seed | None:
    def wanted(node: ast.AST) -> bool:
        return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)

    for path, text, node in nodes(project, chance, wanted):
        assert isinstance(node, ast.UnaryOp)
        return _logic(path, replaced(text, node, source(text, node.operand)))
    return None


def arithmetic(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.BinOp)):
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, ast.Add | ast.Sub) and "\n" not in source(text, node):
            mark = "-" if isinstance(node.op, ast.Add) else "+"
            left, right = source(text, node.left), source(text, node.right)
            if not left.startswith(("'", '"')):
                return _logic(path, replaced(text, node, f"{left} {mark} {right}"))
    return None


def arguments_swapped(project: Project, chance: Random) -> Seed | None:
    for path, text, node in nodes(project, chance, lambda each: isinstance(each, ast.Call)):
        assert isinstance(node, ast.Call)
        if len(node.args) == 2 and not node.keywords and "\n" not in source(text, node):
            name, (one, two) = source(text, node.func), (source(text, each) for each in node.args)
            if one != two and name not in ("isinstance", "print") and not one.startswith("*"):
                return _logic(path, replaced(text, node, f"{name}({two}, {one})"))
    return None


CATEGORIES: dict[str, tuple[Way, ...]] = {
    "type": (
        unused_ignore, no_annotation, implicit_optional, wrong_return_type, untyped_parameter, container_not_annotated,
    ),
    "snapshot": (stale_snapshot, stale_snapshot_not_allowed),
    "flaky": (flaky,),
    "logic": (comparison, off_by_one, connective, negation_lost, arithmetic, arguments_swapped),
}  # fmt: skip
