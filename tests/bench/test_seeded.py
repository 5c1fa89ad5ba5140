"""The seeds: the same each time, a change each time; and the judge: what it takes for right, and what not."""

from __future__ import annotations

import argparse
import ast
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.seeded.judging import halved, lay, read, same, stage, told
from bench.seeded.measuring import Ledger, Told
from bench.seeded.projects import ORIGINS, Ready
from bench.seeded.rules import CATEGORIES, seed
from bench.seeded.seeds import FORMAT, LINT, TESTS, TYPES, Project, Seed

SOURCE = '''"""Carts of a shop."""

import json
import math
from collections import OrderedDict, namedtuple
from functools import partial, wraps

from .money import rounded, shown

Line = namedtuple("Line", "name price")


class Cart:
    def __init__(self, currency="EUR"):
        self.lines = OrderedDict()
        self.currency = currency

    def add(self, name, price):
        if name is None:
            return None
        if name not in self.lines and not price < 0:
            self.lines[name] = Line(name, rounded(price, digits=2))
        for found in self.lines.values():
            if found.name == "":
                raise ValueError("a name is wanted")
        return self.lines.get(name, None)

    def total(self):
        """Return the sum."""
        total = sum(line.price for line in self.lines.values())
        return math.floor(total * 100 + 1) / 100

    def text(self):
        return json.dumps({"total": shown(self.total()), "lines": len(self.lines)})


def twice(function):
    @wraps(function)
    def inner(*args):
        return [function(*args), function(*args)]

    return inner


half = partial(
    rounded,
    digits=1,
)
'''
MONEY = '''"""Money."""


def rounded(amount, digits=2):
    return round(amount, digits)


def shown(amount):
    if amount > 1 and amount < 10:
        return _plain(amount)
    return _plain(amount)


def _plain(amount):
    return str(amount)
'''
TEST = """from shop.cart import Cart


def test_total():
    assert Cart().total() == 0.01


def test_text():
    assert Cart().text()


def test_add():
    assert Cart().add("a", 1).price == 1
"""
MANIFEST = """[project]
name = "shop"
version = "1.2.0"
requires-python = ">=3.10"
dependencies = ["webencodings"]

[dependency-groups]
dev = ["pytest>=8", "mypy"]
"""
SHOP = Project(
    "shop", "python", "shop/", "ruff",
    {FORMAT: "true", LINT: "true", TYPES: "true", TESTS: "python -m pytest -q", "blanks": "true"},
    {
        "shop/__init__.py": "", "shop/cart.py": SOURCE, "shop/money.py": MONEY, "tests/test_cart.py": TEST,
        "pyproject.toml": MANIFEST, "uv.lock": "version = 1\n",
    },
    "1.2.0",
)  # fmt: skip


def made(category: str, number: int) -> Seed:
    found = seed(category, number, [SHOP])
    assert found is not None, (category, number)
    return found[2]


@pytest.mark.parametrize("category", list(CATEGORIES))
def test_a_seed_is_the_same_each_time_and_changes_something(category: str) -> None:
    for number in range(10):
        one = made(category, number)
        assert one == made(category, number)
        at = stage(SHOP, one)
        assert at.seeded != at.base or at.modes, (category, number)


def test_there_are_fifteen_categories_and_projects_are_pinned() -> None:
    assert len(CATEGORIES) >= 15
    assert all(len(origin.digest) == 64 for origin in ORIGINS)
    assert {origin.language for origin in ORIGINS} == {"python", "javascript"}


def test_half_of_the_tests_are_kept_back_and_the_rest_still_run() -> None:
    text = TEST + "\n".join(f"\n\ndef test_{n}():\n    assert {n} + 1 == {n + 1}\n" for n in range(30))
    kept = halved(text)
    names = [node.name for node in ast.parse(kept).body if isinstance(node, ast.FunctionDef)]
    assert 5 < len(names) < 28
    assert halved(text) == kept


def test_layout_and_the_order_of_imports_are_no_difference_and_anything_else_is() -> None:
    assert same("a.py", "import os\nimport re\nx = [1,2]\n", "import re\nimport os\n\nx = [1, 2]\n")
    assert not same("a.py", "x = 1\n", "x = 2\n")
    assert not same("a.py", "x = 1\n", "x = \n")
    assert same("a.json", '{"a": 1}', '{\n"a":1}\n')
    assert not same("a.txt", "a \n", "a\n")


JUDGE = Ready(SHOP, Path("/nonexistent"))
TYPO = Seed({"shop/money.py": MONEY.replace("def _plain", "def _plian")}, (TESTS,), strict=True)


def verdict(folder: Path, files: dict[str, str], change: Seed = TYPO) -> str:
    return told(JUDGE, folder, change, files, {})


def test_what_was_there_is_right_and_what_was_not_is_not(tmp_path: Path) -> None:
    base, seeded = dict(SHOP.files), stage(SHOP, TYPO).seeded
    assert verdict(tmp_path, base) == ""
    other = {**seeded, "shop/money.py": seeded["shop/money.py"].replace("_plain(", "_plian(")}
    assert "differs" in verdict(tmp_path, other)
    assert "edited tests" in verdict(tmp_path, {**base, "tests/test_cart.py": "def test_nothing():\n    pass\n"})


def test_what_is_to_be_left_alone_may_not_be_touched(tmp_path: Path) -> None:
    alone = replace(TYPO, outcome="left alone")
    assert verdict(tmp_path, stage(SHOP, alone).seeded, alone) == ""
    assert "changed" in verdict(tmp_path, dict(SHOP.files), alone)


def test_a_distribution_has_to_be_declared(tmp_path: Path) -> None:
    change = Seed({"shop/new.py": "import yaml\n"}, (TESTS,), wanted={"shop/new.py": "import yaml\n"},
                  declares="PyYAML", may_change=("pyproject.toml",))  # fmt: skip
    files = stage(SHOP, change).seeded
    assert "not declared" in verdict(tmp_path, files, change)
    mended = {**files, "pyproject.toml": MANIFEST.replace('"webencodings"', '"webencodings", "pyyaml>=6"')}
    assert verdict(tmp_path, mended, change) == ""


def test_a_tree_is_read_as_it_was_laid(tmp_path: Path) -> None:
    lay(tmp_path, {"a/b.py": "x = 1\r\n", "tools/run.sh": "#!/bin/sh\n"}, {"a/b.py": 0o755})
    texts, modes = read(tmp_path)
    assert texts == {"a/b.py": "x = 1\r\n", "tools/run.sh": "#!/bin/sh\n"}
    assert modes == {"a/b.py": 0o755, "tools/run.sh": 0o755}


def test_what_was_told_before_is_not_measured_again(tmp_path: Path) -> None:
    known = Told("lint", 3, "way", "shop", True, 0, True, True, "", ("a.py",), True, 1.5)
    note = tmp_path / "told.jsonl"
    note.write_text(json.dumps(asdict(known)) + "\n")
    asked = argparse.Namespace(at_once=2, projects=tmp_path)
    ledger = Ledger(note, asked)
    project = Ready(Project("shop", "python", "shop/", "ruff", {}, {}), tmp_path)
    ledger.told("lint", (3, True, project, "way", Seed({}, ())))
    assert ledger.found == [known]
    assert note.read_text().count("\n") == 1
