"""Each fixer: a case that it mends, and a case that it leaves alone."""

from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import (
    BrokenImports,
    LibraryKeywords,
    LintCodes,
    MissedCommas,
    MisspeltAttributes,
    OwnTools,
    UndefinedNames,
    UnusedImports,
)
from journeyman.repair.fixers.imports import with_import, without_imports
from journeyman.repair.fixers.own_tools import TOOLS
from journeyman.repair.spans import Source

from .shell import BLACK, ISORT, PYTEST, RUFF, RUFF_FORMAT, Folder

PYFLAKES_LIKE = Check("lint", "ruff check --no-cache --output-format concise --no-fix .", CheckKind.LINT, "ruff")


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (RUFF_FORMAT, "x = { 'a':1 }\n"),
        (BLACK, "x = { 'a':1 }\n"),
        (ISORT, "import sys\nimport os\n"),
        (RUFF, "import os\n\nx = 1\n"),
    ],
    ids=lambda given: given.name if isinstance(given, Check) else "",
)
async def test_the_tool_that_complains_mends(tmp_path: Path, check: Check, text: str) -> None:
    folder = Folder(tmp_path, {"a.py": text, "b.py": "y = 1\n"})
    mended = await folder.mend(check, fixers=[OwnTools()])
    assert mended.leftovers == ()
    assert [mend.paths for mend in mended.mends] == [("a.py",)]
    assert folder.texts()["b.py"] == "y = 1\n"


async def test_a_lint_problem_without_a_safe_fix_is_left_and_named(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "def f():\n    return nothing_like_it\n"})
    mended = await folder.mend(RUFF, fixers=[OwnTools()])
    assert mended.mends == ()
    assert "F821" in mended.leftovers[0].what
    assert "journeyman run --model" in mended.leftovers[0].next_step


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("uv run ruff check src --output-format=concise", "uv run ruff check src --fix"),
        ("ruff format --check --diff .", "ruff format ."),
        (".venv/bin/black --check -q .", ".venv/bin/black ."),
        ("npx prettier --check .", "npx prettier . --write"),
        ("npx eslint src", "npx eslint src --fix"),
        ("pre-commit run --all-files", "pre-commit run --all-files"),
        ("gofmt -l .", "gofmt . -w"),
        ("! gofmt -l . | grep .", "gofmt -w ."),
        ('test -z "$(gofmt -l src)"', "gofmt -w ."),
        ("cargo fmt -- --check", "cargo fmt"),
        ("python -m isort -c src", "python -m isort src"),
        ("mypy src", None),
        ("pytest tests/test_black_box.py", None),
    ],
)
def test_a_checking_command_in_its_writing_form(command: str, written: str | None) -> None:
    assert next((text for tool in TOOLS if (text := tool.mending(command))), None) == written


async def test_scripts_and_targets_are_looked_into(tmp_path: Path) -> None:
    makefile = "lint:\n\t@ruff check --no-cache .\n"
    folder = Folder(tmp_path, {"Makefile": makefile, "a.py": "import os\n"})
    mended = await folder.mend(Check("lint", "make lint", CheckKind.LINT), fixers=[OwnTools()])
    assert mended.leftovers == ()


async def test_tools_that_need_each_other_s_work_are_called_together(tmp_path: Path) -> None:
    makefile = "lint:\n\truff check --no-cache -q . && ruff format --no-cache --check -q .\n"
    folder = Folder(tmp_path, {"Makefile": makefile, "a.py": "import os\nx = { 'a':1 }\n"})
    mended = await folder.mend(Check("lint", "make -s lint", CheckKind.LINT), fixers=[OwnTools()])
    assert mended.leftovers == ()
    assert folder.texts()["a.py"] == 'x = {"a": 1}\n'


async def test_unused_imports_go_where_the_linter_cannot_write(tmp_path: Path) -> None:
    text = "import os\nimport sys, json\nfrom typing import (\n    Any,\n    Final,\n)\n\nX: Final = json\n"
    folder = Folder(tmp_path, {"a.py": text, "test_b.py": "import os\n"})
    await folder.mend(PYFLAKES_LIKE, fixers=[UnusedImports()])
    assert folder.texts() == {
        "a.py": "import json\nfrom typing import Final\n\nX: Final = json\n",
        "test_b.py": "import os\n",
    }


def test_an_import_in_a_block_leaves_something_behind() -> None:
    assert without_imports(Source("if 1:\n    import os\n"), {(2, "os")}) == "if 1:\n    pass\n"


PACKAGE = {
    "shop/__init__.py": "",
    "shop/prices.py": "from decimal import Decimal\n\n\ndef total(values):\n    return sum(values, Decimal(0))\n",
}


@pytest.mark.parametrize(
    "wrong",
    [
        "from shop.pries import total\n",
        "from shp.prices import total\n",
        "from shop.prices import totl as total\n",
        "from .pricse import total\n",
        "from shop import totals\nfrom shop.prices import total\n",
        "import jsn\nfrom shop.prices import total\n\njsn.dumps({})\n",
        "from collections import ordereddict\nfrom shop.prices import total\n\nordereddict()\n",
        "from typing import dataclass\nfrom shop.prices import total\n\n\n@dataclass\nclass A:\n    x: int\n",
    ],
)
async def test_broken_imports_are_spelt_right(tmp_path: Path, wrong: str) -> None:
    right = wrong.replace("from shop import totals\n", "from shop import price\n")
    test = "from shop.cart import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
    folder = Folder(tmp_path, {**PACKAGE, "shop/cart.py": right, "tests/test_cart.py": test})
    mended = await folder.mend(PYTEST, fixers=[BrokenImports()])
    assert mended.leftovers == (), folder.texts()["shop/cart.py"]
    assert mended.mends[0].paths == ("shop/cart.py",)


LEVELS = {
    "shop/__init__.py": "",
    "shop/tokens.py": "def cut(text):\n    return text.split()\n",
    "shop/string.py": "def joined(words):\n    return '-'.join(words)\n",
    "shop/inner/__init__.py": "from . import deep\n",
    "shop/inner/deep.py": "DEEP = 1\n",
}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("from ..tokens import cut", "from .tokens import cut"),
        ("from ... import tokens\n\ncut = tokens.cut", "from . import tokens\n\ncut = tokens.cut"),
        ("from tokens import cut\nfrom .inner import deep", "from .tokens import cut\nfrom .inner import deep"),
        ("from string import joined\nfrom .tokens import cut", "from .string import joined\nfrom .tokens import cut"),
    ],
)
async def test_a_relative_import_is_led_to_where_its_names_are(tmp_path: Path, wrong: str, right: str) -> None:
    test = "from shop.use import cut\n\n\ndef test_cut():\n    assert cut('a b') == ['a', 'b']\n"
    folder = Folder(tmp_path, {**LEVELS, "shop/use.py": f"{wrong}\n", "tests/test_use.py": test})
    await folder.mend(PYTEST, fixers=[BrokenImports()])
    assert folder.texts()["shop/use.py"] == f"{right}\n"


async def test_a_package_that_is_not_there_is_left_and_named(tmp_path: Path) -> None:
    test = "from shop.cart import x\n\n\ndef test_x():\n    assert x\n"
    folder = Folder(tmp_path, {**PACKAGE, "shop/cart.py": "import zzkwy\n\nx = 1\n", "tests/test_cart.py": test})
    mended = await folder.mend(PYTEST, fixers=[BrokenImports()])
    assert mended.mends == ()
    assert "zzkwy" in mended.leftovers[0].next_step
    assert "dependencies" in mended.leftovers[0].next_step


@pytest.mark.parametrize(
    "body",
    [
        "def double(x):\n    return json.loads(json.dumps(x)) * 2\n",
        "def double(x):\n    return total([x, x])\n",
        "def double(x):\n    return sum(defaultdict(int, a=x, b=x).values())\n",
        "def double(number):\n    return nmber * 2\n",
        "def double(x):\n    return mx([x * 2])\n",
    ],
    ids=["module", "own", "standard", "parameter", "builtin"],
)
async def test_undefined_names_get_an_import_or_a_spelling(tmp_path: Path, body: str) -> None:
    test = "from shop.cart import double\n\n\ndef test_double():\n    assert double(3) == 6\n"
    folder = Folder(tmp_path, {**PACKAGE, "shop/cart.py": body, "tests/test_cart.py": test})
    mended = await folder.mend(PYTEST, fixers=[UndefinedNames()])
    assert mended.leftovers == ()


async def test_undefined_names_of_a_linter(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "def f(p):\n    return Path(p)\n"})
    mended = await folder.mend(RUFF, fixers=[UndefinedNames()])
    assert mended.leftovers == ()
    assert folder.texts()["a.py"].startswith("from pathlib import Path\n\n")


CLASS = """class Order:
    def __init__(self, count: int, price: int) -> None:
        self.count = count
        self.price = price

    def total(self) -> int:
        return self.count * self.price


def discounted(order: Order, percent: int) -> int:
    return order.total() * (100 - percent) // 100
"""


@pytest.mark.parametrize(
    "body",
    [
        "def pay(order):\n    return order.totl()\n",
        "def pay(order):\n    return discounted(order, percnt=0)\n",
        "import math\n\n\ndef pay(order):\n    return math.flor(order.total())\n",
        "def pay(order):\n    found = []\n    found.apend(order.total())\n    return found[0]\n",
    ],
    ids=["method", "keyword", "module", "builtin"],
)
async def test_attributes_and_keywords_are_spelt_right(tmp_path: Path, body: str) -> None:
    test = "from pay import Order, pay\n\n\ndef test_pay():\n    assert pay(Order(2, 3)) == 6\n"
    files = {"orders.py": CLASS, "pay.py": f"from orders import Order, discounted\n{body}", "test_pay.py": test}
    folder = Folder(tmp_path, files)
    mended = await folder.mend(PYTEST, fixers=[MisspeltAttributes()])
    assert mended.leftovers == ()
    assert folder.texts()["test_pay.py"] == test


async def test_a_private_attribute_is_spelt_right_though_its_class_stands_before_it(tmp_path: Path) -> None:
    right = """class Box:
    def __init__(self, size):
        self.__size = size

    @property
    def size(self):
        return self.__size

    def area(self):
        return self.__size * 2


class Small(Box):
    pass
"""
    test = "from box import Small\n\n\ndef test_area():\n    assert Small(2).area() == 4\n"
    folder = Folder(tmp_path, {"box.py": right.replace("self.__size *", "self.__sixe *"), "test_box.py": test})
    await folder.mend(PYTEST, fixers=[MisspeltAttributes()])
    assert folder.texts()["box.py"] == right


async def test_an_attribute_misspelt_in_a_test_stays(tmp_path: Path) -> None:
    files = {"orders.py": CLASS, "test_o.py": "from orders import Order\n\n\ndef test_o():\n    Order(1, 2).totl()\n"}
    folder = Folder(tmp_path, files)
    mended = await folder.mend(PYTEST, fixers=[MisspeltAttributes(), UndefinedNames(), BrokenImports()])
    assert mended.mends == ()
    assert folder.texts() == files


@pytest.mark.parametrize(
    ("text", "line", "after"),
    [
        ("x = 1\n", "import os", "import os\n\nx = 1\n"),
        ('"""About."""\n\nx = 1\n', "import os", '"""About."""\n\nimport os\n\nx = 1\n'),
        ("import sys\n\nimport third\n", "import json", "import json\nimport sys\n\nimport third\n"),
        ("from a import x\n", "from a import b", "from a import b, x\n"),
        (
            "from __future__ import annotations\n\nx = 1\n",
            "import os",
            "from __future__ import annotations\nimport os\n\nx = 1\n",
        ),
    ],
)
def test_an_import_is_put_where_a_sorted_list_has_it(text: str, line: str, after: str) -> None:
    assert with_import(text, line) == after


async def test_complaints_with_one_answer_are_answered_where_the_linter_gives_none(tmp_path: Path) -> None:
    source = (
        "def find(items, key):\n    left = 0\n    got = items.get(key)\n    if got == None:\n"
        "        return not key in items\n    return got\n"
    )
    folder = Folder(
        tmp_path,
        {"a.py": source, "test_a.py": "from a import find\n\n\ndef test_find():\n    assert find({1: 2}, 1) == 2\n"},
    )
    check = Check("lint", "ruff check --no-cache --no-fix --select E,F .", CheckKind.LINT)
    mended = await folder.mend(check, PYTEST, fixers=[LintCodes()])
    assert mended.leftovers == ()
    assert "is None" in folder.texts()["a.py"]
    assert "key not in items" in folder.texts()["a.py"]
    assert "left" not in folder.texts()["a.py"]


async def test_a_complaint_that_asks_for_thought_is_left(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path, {"a.py": "def f(x=[]):\n    try:\n        return x == True\n    except:\n        return l\n"}
    )
    before = folder.texts()
    await folder.mend(Check("lint", "ruff check --no-cache --select E,F,B .", CheckKind.LINT), fixers=[LintCodes()])
    assert folder.texts() == before


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('PAIRS = [\n    ("a", 1)\n    ("b", 2),\n]\n', 'PAIRS = [\n    ("a", 1),\n    ("b", 2),\n]\n'),
        ("PAIRS = [[1, 2] [3, 4]]\n", "PAIRS = [[1, 2], [3, 4]]\n"),
    ],
)
async def test_a_missed_comma_that_makes_a_call_is_put_in(tmp_path: Path, wrong: str, right: str) -> None:
    test = "from a import PAIRS\n\n\ndef test_pairs():\n    assert len(PAIRS) == 2\n"
    folder = Folder(tmp_path, {"a.py": wrong, "test_a.py": test})
    assert (await folder.mend(PYTEST, fixers=[MissedCommas()])).leftovers == ()
    assert folder.texts()["a.py"] == right


async def test_a_call_of_something_computed_gets_no_comma(tmp_path: Path) -> None:
    files = {"a.py": "def pick(table, key):\n    return (table)(key)\n"}
    test = "from a import pick\n\n\ndef test_pick():\n    assert pick((1, 2), 0) == 1\n"
    folder = Folder(tmp_path, {**files, "test_a.py": test})
    await folder.mend(PYTEST, fixers=[MissedCommas()])
    assert folder.texts()["a.py"] == files["a.py"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (
            "from warnings import warn\n\n\ndef f():\n    warn('old', UserWarning, sttacklevel=2)\n    return 1\n",
            "stacklevel=2",
        ),
        ("import json as j\n\n\ndef f():\n    return len(j.dumps({}, sortkeys=True)) - 1\n", "sort_keys=True"),
        ("def f():\n    return sorted([2, 1], revers=False)[0]\n", "reverse=False"),
        ("def f():\n    return len('a b'.split(maxsplt=0))\n", "maxsplit=0"),
    ],
)
async def test_a_keyword_is_spelt_as_the_library_has_it(tmp_path: Path, wrong: str, right: str) -> None:
    test = "from a import f\n\n\ndef test_f():\n    assert f() == 1\n"
    folder = Folder(tmp_path, {"a.py": wrong, "test_a.py": test})
    assert (await folder.mend(PYTEST, fixers=[LibraryKeywords()])).leftovers == ()
    assert right in folder.texts()["a.py"]


async def test_a_keyword_like_none_that_the_library_has_stays(tmp_path: Path) -> None:
    source = "import json\n\n\ndef f():\n    return json.dumps({}, colour='red')\n"
    folder = Folder(tmp_path, {"a.py": source, "test_a.py": "from a import f\n\n\ndef test_f():\n    assert f()\n"})
    await folder.mend(PYTEST, fixers=[LibraryKeywords()])
    assert folder.texts()["a.py"] == source


async def test_what_seems_unused_stays_while_a_name_is_undefined(tmp_path: Path) -> None:
    source = "import math\n\n\ndef area(radius):\n    square = radius * radius\n    return mth.pi * sqaure\n"
    test = "from a import area\n\n\ndef test_area():\n    assert 12 < area(2) < 13\n"
    folder = Folder(tmp_path, {"a.py": source, "test_a.py": test})
    mended = await folder.mend(RUFF, PYTEST)
    assert mended.leftovers == ()
    assert folder.texts()["a.py"] == source.replace("mth.", "math.").replace("sqaure", "square")
