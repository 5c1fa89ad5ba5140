"""What the search for edits can reach beyond a function's own lines, and what it does with patches that differ."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.checks import Check, CheckKind, CheckReport
from journeyman.domain.mending import Mended, Searching
from journeyman.repair import Bench
from journeyman.repair.laboratory.inside.search.mutating import further_calls
from journeyman.repair.laboratory.inside.search.probing import shape
from journeyman.repair.mending import FixerMender
from journeyman.repair.search import EditSearch

from .shell import PYTEST, Folder

DOCTEST = Check("doctest", "python -m doctest program.py", CheckKind.TEST, "doctest")


def project(source: str, tests: str) -> dict[str, str]:
    return {"program.py": source, "tests/test_program.py": f"from program import *\n\n\n{tests}"}


async def search(folder: Folder, check: Check = PYTEST, apply_first: bool = False) -> tuple[Mended, list[Searching]]:
    seen: list[Searching] = []

    async def watch(searching: Searching) -> None:
        seen.append(searching)

    report = CheckReport((await folder.judge(check),))
    bench = Bench(
        folder.shell,
        report,
        sorted(folder.texts()),
        folder.judge,
        folder.save,
        folder.back,
        folder.progress,
        60.0,
        apply_first=apply_first,
        watch=watch,
    )
    return await FixerMender(time.monotonic, [EditSearch()]).mend(bench), seen


REACHED = {
    "a constant of the module": (
        "LIMIT = 10  # euros\n\n\ndef fee(amount):\n    return 0 if amount >= LIMIT else 5\n",
        "def test_fee():\n    assert [fee(n) for n in (9, 50, 99, 100)] == [5, 5, 5, 0]\n",
        "LIMIT = 100  # euros",
    ),
    "a default that calls share": (
        "def collect(item, seen=[]):\n    seen.append(item)\n    return seen\n",
        "def test_collect():\n    collect(1)\n    assert collect(2) == [2]\n",
        "seen=None",
    ),
    "an attribute that objects share": (
        "class Basket:\n    items = []\n\n    def __init__(self):\n        self.count = 0\n\n"
        "    def add(self, item):\n        self.items.append(item)\n",
        "def test_baskets():\n    a, b = Basket(), Basket()\n    a.add(1)\n    assert b.items == []\n"
        "    assert a.items == [1]\n",
        "        self.items = []\n",
    ),
    "a call that is not awaited": (
        "import asyncio\n\n\nasync def price(item):\n    return len(item)\n\n\n"
        "async def total(items):\n    result = 0\n    for item in items:\n        result += price(item)\n"
        "    return result\n",
        "def test_total():\n    assert asyncio.run(total(['ab', 'c'])) == 3\n",
        "result += await price(item)",
    ),
    "a set that nothing is added to": (
        "def dedupe(items):\n    seen = set()\n    result = []\n    for item in items:\n"
        "        if item in seen:\n            continue\n        result.append(item)\n    return result\n",
        "def test_dedupe():\n    assert dedupe([1, 2, 1]) == [1, 2]\n    assert dedupe('aab') == ['a', 'b']\n",
        "seen.add(item)",
    ),
    "functions made in a loop": (
        "def adders(numbers):\n    return [lambda x: x + n for n in numbers]\n",
        "def test_adders():\n    assert [f(1) for f in adders([1, 2, 3])] == [2, 3, 4]\n",
        "lambda x, n=n: x + n",
    ),
    "a nested function": (
        "def depth(tree):\n    def below(node):\n"
        "        return 1 + min((below(each) for each in node), default=0)\n\n    return below(tree)\n",
        "def test_depth():\n    assert depth([[], [[]]]) == 3\n    assert depth([]) == 1\n",
        "max((below",
    ),
    "a result kept by a cache": (
        "from functools import lru_cache\n\n\n@lru_cache(maxsize=None)\ndef fib(n):\n"
        "    return n if n < 2 else fib(n - 1) + fib(n - 3)\n",
        "def test_fib():\n    assert [fib(n) for n in range(8)] == [0, 1, 1, 2, 3, 5, 8, 13]\n",
        "fib(n - 2)",
    ),
    "two variables that changed places": (
        "def invert(mapping):\n    result = {}\n    for key, value in mapping.items():\n"
        "        result.setdefault(key, []).append(value)\n    return result\n",
        "def test_invert():\n    assert invert({'a': 1, 'b': 1}) == {1: ['a', 'b']}\n    assert invert({}) == {}\n",
        "result.setdefault(value, []).append(key)",
    ),
}


@pytest.mark.parametrize("name", REACHED)
async def test_it_reaches(tmp_path: Path, name: str) -> None:
    source, tests, expected = REACHED[name]
    folder = Folder(tmp_path, project(source, tests))
    mended, seen = await search(folder)
    assert (mended.leftovers, mended.choices) == ((), ())
    assert expected in folder.texts()["program.py"]
    assert seen[-1].tried > 0
    assert seen[-1].best


async def test_patches_that_differ_are_shown_and_not_applied(tmp_path: Path) -> None:
    source = "def pick(first, other, third):\n    return first\n"
    files = project(source, "def test_pick():\n    assert pick(1, 2, 2) == 2\n")
    folder = Folder(tmp_path / "shown", files)
    mended, _ = await search(folder)
    assert mended.mends == ()
    assert folder.texts() == files
    assert "--apply-first" in mended.leftovers[0].next_step
    diffs = [choice.diff for choice in mended.choices]
    assert any("+    return other" in diff for diff in diffs)
    assert any("+    return third" in diff for diff in diffs)
    told = {(choice.input, choice.result) for choice in mended.choices}
    assert all(call.startswith("pick(") for call, _ in told)
    assert len({result for _, result in told}) > 1
    applied = Folder(tmp_path / "applied", files)
    mended, _ = await search(applied, apply_first=True)
    assert mended.leftovers == ()
    assert "return other" in applied.texts()["program.py"] or "return third" in applied.texts()["program.py"]


async def test_examples_in_documentation_decide_between_patches(tmp_path: Path) -> None:
    source = (
        "def pick(first, other, third):\n"
        '    """Return one of them.\n\n    >>> pick(1, 2, 3)\n    3\n    """\n    return first\n'
    )
    folder = Folder(tmp_path, project(source, "def test_pick():\n    assert pick(1, 2, 2) == 2\n"))
    mended, _ = await search(folder)
    assert (mended.leftovers, mended.choices) == ((), ())
    assert "return third" in folder.texts()["program.py"]


async def test_tests_that_share_objects_are_run_as_they_were_collected(tmp_path: Path) -> None:
    source = "class Node:\n    def __init__(self, after=None):\n        self.after = after\n\n\n" + (
        "def length(node):\n    count = 1\n    while node:\n        count += 1\n        node = node.after\n"
        "        if count > 9:\n            return -1\n    return count\n"
    )
    tests = (
        "last = Node()\nfirst = Node(Node(last))\n\n\ndef test_open():\n    assert length(first) == 3\n\n\n"
        "def test_empty():\n    assert length(None) == 0\n\n\n"
        "def test_ring():\n    last.after = first\n    assert length(first) == -1\n"
    )
    folder = Folder(tmp_path, project(source, tests))
    mended, _ = await search(folder)
    assert (mended.leftovers, mended.choices) == ((), ())


async def test_examples_alone_are_tests_too(tmp_path: Path) -> None:
    source = (
        'def halves(text):\n    """Return both halves.\n\n    >>> halves("abcd")\n    (\'ab\', \'cd\')\n'
        "    >>> halves('')\n    ('', '')\n    \"\"\"\n"
        "    middle = len(text) // 2\n    return text[:middle], text[middle + 1:]\n"
    )
    folder = Folder(tmp_path, {"program.py": source})
    mended, _ = await search(folder, DOCTEST)
    assert mended.leftovers == ()
    assert "text[middle:]" in folder.texts()["program.py"] or "text[middle :]" in folder.texts()["program.py"]


@given(st.lists(st.lists(st.integers(-50, 50), max_size=6).map(sorted), min_size=1, max_size=5), st.integers())
def test_further_inputs_stay_within_what_was_seen(seen: list[list[int]], seed: int) -> None:
    calls = further_calls([{"values": each} for each in seen], 20, random.Random(seed))
    numbers = [number for each in seen for number in each]
    for call in calls[len(seen) :]:
        made = call["values"]
        assert made == sorted(made)
        assert len(made) <= max(map(len, seen))
        assert all(min(*numbers, 0) <= number <= max(*numbers, 0) for number in made)


def test_results_are_compared_by_what_they_hold() -> None:
    class Plain:
        def __init__(self, value: object) -> None:
            self.value = value

    assert shape(Plain(1)) == shape(Plain(1)) != shape(Plain(2))
    assert shape({3, 1, 2}) == shape({2, 3, 1})
    assert shape(iter([1, 2])) == shape(iter([1, 2])) != shape(iter([1]))
    assert shape(0.1 + 0.2) == shape(0.3)


def test_cases_of_unittest_are_run_without_pytest_where_that_means_the_same(tmp_path: Path) -> None:
    case = "    def test_it(self):\n        self.assertEqual(self.value, 1)\n\n"
    (tmp_path / "test_cases.py").write_text(
        "import unittest\n\n\n"
        f"class Plain(unittest.TestCase):\n    def setUp(self):\n        self.value = 1\n\n{case}\n"
        f"class Wrong(unittest.TestCase):\n    value = 2\n\n{case}\n"
        "class Once(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls):\n        cls.value = 1\n\n"
        f"{case}\n"
        "class Left(unittest.TestCase):\n    def test_it(self):\n        self.skipTest('later')\n"
    )
    program = (
        "import json, sys\nfrom journeyman.repair.laboratory.inside.collecting import with_pytest\n"
        "def use(tests):\n"
        "    told = [[t.quick is not t.run, t.quick(), t.run()] for t in tests]\n"
        "    open(sys.argv[1], 'w').write(json.dumps(told))\n"
        "with_pytest(['-q', 'test_cases.py'], use)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "told.json")]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    plain, wrong, once, left = json.loads((tmp_path / "told.json").read_text())
    assert plain == [True, True, True]
    assert wrong == [True, False, False]
    assert once == [False, True, True]
    assert left == [True, None, None]
