"""What a change leaves unfinished, as the command tells it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind, CheckOutcome, CheckReport, TestCase, TestStatus
from journeyman.domain.request import Repository, Request, RunOptions, Task
from journeyman.domain.runs import Run
from journeyman.domain.states import State
from journeyman.store.database import Database
from journeyman.store.runs import StoredRuns
from tests.codebase.places import SHOP, committed, write
from tests.context.test_code_packs import journeyman

FILES = {
    **SHOP,
    "shop/tills.py": "from shop.stock import serve\n\n\ndef ring(order):\n    return serve(order, 1)\n",
    "shop/doors.py": "from shop.stock import serve\n\n\ndef open_up(order):\n    return serve(order, 1)\n",
    "shop/stock.py": (
        'def serve(order, till):\n    """Hand over."""\n    return order\n\n\n'
        'def restock(goods):\n    """Fill up."""\n    return goods\n\n\n'
        'def count():\n    """Count."""\n    return 1\n'
    ),
}


def test_what_a_change_leaves_unfinished(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", FILES)
    stock = FILES["shop/stock.py"].replace("order, till)", "order, till, at)")
    stock += "\n\ndef burn(goods):\n    # TODO: ask first\n    if goods:\n        return None\n    return goods\n"
    changed = {"shop/stock.py": stock, "shop/doors.py": FILES["shop/doors.py"].replace("order, 1", "order, 1, 2")}
    write(root, changed)
    found = json.loads(journeyman(root, tmp_path / "home", "suggest", "--json").stdout)["suggestions"]
    told = {(each["kind"], each["path"], each["line"]) for each in found}
    assert ("todo", "shop/stock.py", 17) in told
    assert [each["path"] for each in found if each["kind"] == "caller"] == ["shop/tills.py"]
    assert ("test", "shop/stock.py", 16) in told
    assert ("docs", "shop/stock.py", 16) in told
    assert found == sorted(found, key=lambda each: -each["confidence"])


def test_a_tree_without_a_change_has_nothing_unfinished(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", FILES)
    assert "nothing" in journeyman(root, tmp_path / "home", "suggest").stdout
    wrong = journeyman(root, tmp_path / "home", "suggest", "no-such-revision")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def test_what_is_known_to_fail_comes_first_and_nothing_is_run(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", FILES)
    test = "tests/test_orders.py::test_total_takes_the_rebate_off"
    noted = {test: True, "tests/test_orders.py::test_gone": True, "tests/gone.py::test_it": True}
    write(root, {".pytest_cache/v/cache/lastfailed": json.dumps(noted), ".gitignore": ".pytest_cache\n"})
    os.utime(root / ".pytest_cache/v/cache/lastfailed", (2**31, 2**31))

    def suggested(*words: str, given: str = "") -> list[dict]:
        done = journeyman(root, tmp_path / "home", "suggest", "--json", *words, said=given)
        assert done.returncode == 0, done.stderr
        return [each for each in json.loads(done.stdout)["suggestions"] if each["kind"] == "failing"]

    told = {(each["path"], each["line"]) for each in suggested()}
    assert told == {("tests/test_orders.py", 4), ("tests/test_orders.py", 0)}
    assert {each["confidence"] for each in suggested()} == {0.95}
    os.utime(root / ".pytest_cache/v/cache/lastfailed", (1, 1))
    assert {each["confidence"] for each in suggested()} == {0.6}, "the change is newer"
    fixed = {
        "left": [
            {"check": "lint", "what": "2 problems", "next_step": ""},
            {"check": "tests", "what": "1", "next_step": ""},
        ],
        "diagnoses": [{"check": "tests", "message": "assert 5 == 4", "path": "tests/test_orders.py", "line": 5}],
    }
    first = suggested("--results", "-", given=json.dumps(fixed))[:2]
    assert [(each["path"], each["line"]) for each in first] == [("", 0), ("tests/test_orders.py", 5)]
    assert "assert 5 == 4" in first[1]["what"]
    wrong = journeyman(root, tmp_path / "home", "suggest", "--results", "-", said="{}")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "--results" in wrong.stderr


async def test_what_the_last_run_left_failing_is_told_of_its_project_only(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    roots = [committed(tmp_path / name, FILES) for name in ("one", "other")]
    now = datetime.now(UTC)
    case = TestCase("tests/test_orders.py::test_total_takes_the_rebate_off", TestStatus.FAILED, "it is 4")
    outcome = CheckOutcome(Check("tests", "pytest", CheckKind.TEST), 1, 0.1, "", tests=(case,))
    for number, root in enumerate(roots[:1]):
        request = Request(Repository(str(root)), Task("Mend it"))
        run = Run(f"run-{number}", request, RunOptions(), State.FAILED, now, now)
        database = Database(f"sqlite:///{tmp_path}/home/journeyman.sqlite", redacted=str)
        await StoredRuns(database).create(run)
        await StoredRuns(database).learn(run.run_id, report=CheckReport((outcome,)))
        await database.close()
    told = journeyman(roots[0], tmp_path / "home", "suggest").stdout
    assert told.startswith("tests/test_orders.py:4: failing: ")
    assert "failed in run run-0" in told
    assert "it is 4" in told
    assert "failing" not in journeyman(roots[1], tmp_path / "home", "suggest").stdout


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("a.py", "def f(a, b):\n    return a\n", "def f(a, b, c=1):\n    return a\n", False),
        ("a.py", "def f(a, b):\n    return a\n", "def f(a: int, b: str = '') -> int:\n    return a\n", False),
        ("a.py", "def f(a, b=1):\n    return a\n", "def f(a, b):\n    return a\n", True),
        ("a.py", "def f(a, b):\n    return a\n", "def f(b, a):\n    return a\n", True),
        ("a.py", "def f(a):\n    return f(f(a))\n", "def f():\n    return f(f())\n", True),
        ("a.go", "package a\nfunc f(a int, b string) int {\n\treturn a\n}\n",
         "package a\nfunc f(n int, s string) int {\n\treturn n\n}\n", False),
        ("a.go", "package a\nfunc f(a int, b string) int {\n\treturn a\n}\n",
         "package a\nfunc f(a string, b string) int {\n\treturn 1\n}\n", True),
        ("a.c", "int f(char *p, int n) {\n    return n;\n}\n",
         "INLINE\nint f(char *q, int n) {\n    return 1;\n}\n", False),
        ("a.c", "int f(char *p, int n) {\n    return n;\n}\n", "int f(int n) {\n    return n;\n}\n", True),
        ("a.ts", "export function f(a: Map<string, number>) {\n  return a\n}\n",
         "export function f(a: Map<string, number>, b?: string) {\n  return a\n}\n", False),
        ("a.rs", "pub fn f(a: u8) -> u8 {\n    a\n}\n", "pub fn f(a: u8, b: u8) -> u8 {\n    a + b\n}\n", True),
    ],
)  # fmt: skip
def test_a_caller_is_told_of_where_its_call_may_not_fit_any_more(
    tmp_path: Path, name: str, before: str, after: str, told: bool
) -> None:
    head, call = {"py": ("def g(x):", "    return f(x, x)"), "go": ("func g(x int) int {", "\treturn f(x, x)\n}"),
                  "c": ("int g(int x) {", "    return f(x, x);\n}"), "rs": ("fn g(x: u8) -> u8 {", "    f(x)\n}"),
                  "ts": ("export function g(x) {", "  return f(x)\n}")}[name.partition(".")[2]]  # fmt: skip
    old, new = (
        f"{text}\n\n{head}\n{call}\n".replace(" f(", " price(").replace("(f(", "(price(").replace("g(x", "pay(x")
        for text in (before, after)
    )
    root = write(committed(tmp_path / "one", {name: old}), {name: new})
    found = json.loads(journeyman(root, tmp_path / "home", "suggest", "--json").stdout)["suggestions"]
    lines = [each["line"] for each in found if each["kind"] == "caller"]
    assert lines == ([after.count("\n") + 4] if told else [])


def test_a_file_of_untested_functions_is_told_of_in_few_lines(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", {**SHOP, "shop/few.py": "", "plain.c": ""})
    many = "".join(f"def g{n}(a):\n    def inner():\n        return a\n    return inner\n\n\n" for n in range(9))
    write(root, {"shop/few.py": f"{many}def _own():\n    return 1\n", "plain.c": "int f(int n) {\n  return n;\n}\n"})
    found = json.loads(journeyman(root, tmp_path / "home", "suggest", "--json").stdout)["suggestions"]
    told = [each["what"] for each in found if each["kind"] == "test"]
    assert len(told) == 4
    assert "nor 6 further functions here" in told[3]
    assert not any("inner" in each or "_own" in each or "exercises f" in each for each in told)
