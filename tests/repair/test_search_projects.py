"""The search in projects of every kind: coroutines, packages, faults that kill or hang, and what only a run shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.search import EditSearch

from .shell import PYTEST, Folder
from .test_edit_search import project, search

PLUGIN = "-p pytest_asyncio.plugin -o asyncio_mode=auto"
ASYNC = Check("pytest", f"{PYTEST.command} {PLUGIN}", CheckKind.TEST, "pytest")
UNITTEST = Check("unittest", "python -m unittest discover -s tests -t .", CheckKind.TEST, "unittest")

POOL = """class Pool:
    def __init__(self, size):
        self.size = size
        self.busy = 0

    async def run(self, jobs):
        results = []
        for job in jobs:
            self.busy += 1
            results.append(await job(self))
            self.busy += 1  # free again
        return results
"""
LOOK = "import asyncio\n\n\nasync def look(pool):\n    await asyncio.sleep(0)\n    return pool.busy\n\n\n"


async def test_tests_and_fixtures_that_are_coroutines(tmp_path: Path) -> None:
    tests = (
        f"import pytest\nfrom program import Pool\n{LOOK}@pytest.fixture\nasync def pool():\n"
        "    pool = Pool(2)\n    yield pool\n    await asyncio.sleep(0)\n\n\n"
        "async def test_it_is_free_again(pool):\n    assert await pool.run([look, look]) == [1, 1]\n"
        "    assert pool.busy == 0\n\n\nasync def test_nothing(pool):\n    assert await pool.run([]) == []\n"
    )
    folder = Folder(tmp_path, {"program.py": POOL, "tests/test_program.py": tests})
    mended, _ = await search(folder, ASYNC)
    assert mended.leftovers == ()
    assert folder.texts()["program.py"] == POOL.replace("+= 1  # free", "-= 1  # free")


@pytest.mark.long
async def test_coroutines_of_unittest_with_what_is_set_up_for_them(tmp_path: Path) -> None:
    tests = (
        f"import unittest\nfrom bank.pool import Pool\n{LOOK}"
        "class Pools(unittest.IsolatedAsyncioTestCase):\n    @classmethod\n    def setUpClass(cls):\n"
        "        cls.size = 2\n\n    def setUp(self):\n        self.jobs = [look, look]\n\n"
        "    async def asyncSetUp(self):\n        self.pool = Pool(self.size)\n\n"
        "    async def test_free(self):\n        self.assertEqual(await self.pool.run(self.jobs), [1, 1])\n"
        "        self.assertEqual(self.pool.busy, 0)\n"
    )
    files = {"bank/__init__.py": "from .pool import Pool\n", "bank/pool.py": POOL, "tests/__init__.py": ""}
    folder = Folder(tmp_path, {**files, "tests/test_pool.py": tests})
    mended, _ = await search(folder, UNITTEST)
    assert mended.leftovers == ()
    assert "self.busy += 1  # free" not in folder.texts()["bank/pool.py"]


async def test_what_an_object_offers_is_seen_at_run_time(tmp_path: Path) -> None:
    """Only the test, which is no source of ingredients, says `sum_owed`."""
    source = "def late(bill):\n    return bill.sum_paid > 3\n"
    tests = (
        "from collections import namedtuple\n\nBill = namedtuple('Bill', ['sum_paid', 'sum_owed', 'day'])\n\n\n"
        "def test_late():\n    bills = [Bill(1, 5, 2), Bill(5, 2, 9), Bill(5, 5, 0), Bill(1, 2, 0)]\n"
        "    assert [late(bill) for bill in bills] == [True, False, True, False]\n"
    )
    folder = Folder(tmp_path, project(source, tests))
    mended, _ = await search(folder)
    assert (mended.leftovers, mended.choices) == ((), ())
    assert folder.texts()["program.py"] == source.replace("sum_paid", "sum_owed")


async def test_candidates_that_kill_or_hang_do_not_end_the_search(tmp_path: Path) -> None:
    """Other comparisons end the process, or the loop never."""
    source = (
        "import os\nimport sys\n\n\ndef halves(number):\n    if number > sys.maxsize:\n        os._exit(1)\n"
        "    count = 1\n    while number != 1:\n        number = number // 2\n        count += 1\n"
        "        if number < 1:\n            os.abort()\n    return count\n"
    )
    tests = "def test_halves():\n    assert [halves(n) for n in (1, 2, 5, 8)] == [0, 1, 2, 3]\n"
    folder = Folder(tmp_path, project(source, tests))
    mended, seen = await search(folder)
    assert (mended.leftovers, mended.choices) == ((), ())
    assert seen[-1].tried > 50


async def test_packages_below_src(tmp_path: Path) -> None:
    cart = (
        "from .tax import with_tax\n\n\nclass Cart:\n    def __init__(self, items):\n        self.items = items\n\n"
        "    def total(self):\n        return with_tax(sum(price for _, price in self.items))\n"
    )
    tax = "def with_tax(net):\n    return net * 119 // 10\n"
    tests = (
        "from shop import Cart\n\n\ndef test_total():\n    assert Cart([('a', 100), ('b', 200)]).total() == 357\n\n\n"
        "def test_nothing():\n    assert Cart([]).total() == 0\n"
    )
    files = {
        "src/shop/__init__.py": "from .cart import Cart\n",
        "src/shop/cart.py": cart,
        "src/shop/tax.py": tax,
        "tests/unit/test_cart.py": tests,
        "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['src']\n",
    }
    folder = Folder(tmp_path, files)
    mended, _ = await search(folder)
    assert mended.leftovers == ()
    assert folder.texts() == {**files, "src/shop/tax.py": tax.replace("// 10\n", "// 100\n")}


@pytest.mark.long
async def test_two_faults_that_only_a_pair_of_edits_mends(tmp_path: Path) -> None:
    """The one failing test passes with neither of them alone: both are shown together, and applied if asked for."""
    source = "def span(values):\n    low = max(values)\n    high = len(values)\n    return low, high  # both\n"
    tests = "def test_span():\n    assert span([4, 1, 7, 2]) == (1, 7)\n    assert span([5, 9]) == (5, 9)\n"
    folder = Folder(tmp_path, project(source, tests))
    mended, _ = await search(folder)
    assert mended.mends == ()
    assert "doubtful: it takes two edits of which neither helps alone" in mended.choices[0].summary
    mended = await folder.mend(PYTEST, fixers=[EditSearch()], apply_first=True)
    assert mended.leftovers == ()
    assert folder.texts()["program.py"] == source.replace("max", "min").replace("len", "max")


async def test_a_project_in_a_folder_of_the_repository(tmp_path: Path) -> None:
    source = "def area(a, b):\n    return a + b\n\n\ndef parse(text):\n    raise NotImplementedError\n"
    tests = "from area import area, parse\n\n\ndef test_area():\n    assert area(3, 4) == 12\n\n\n"
    tests += "def test_parse():\n    assert parse('a=1;b=2') == {'a': '1', 'b': '2'}\n"
    files = {"back end/area.py": source, "back end/test_area.py": tests, "area.py": "1 / 0\n"}
    check = Check("back", f"cd 'back end' && {PYTEST.command}", CheckKind.TEST, "pytest")
    folder = Folder(tmp_path, files)
    mended = await folder.mend(check, fixers=[EditSearch()], explain=True, seconds=20)
    assert folder.texts() == {**files, "back end/area.py": source.replace("a + b", "a * b")}
    assert mended.mends[0].paths == ("back end/area.py",)
    assert {each.path for each in mended.suspicions[0].functions} == {"back end/area.py"}
    assert {each.path for each in mended.suspects} == {"back end/area.py"}


async def test_a_call_that_only_another_module_of_the_package_has(tmp_path: Path) -> None:
    prices = "def parse(text):\n    text = text.replace(',', '.').removesuffix('EUR')\n    return float(text)\n"
    weights = "def parse(text):\n    return float(text)\n"
    tests = (
        "from shop import prices, weights\n\n\ndef test_prices():\n    assert prices.parse('1,5EUR') == 1.5\n\n\n"
        "def test_weights():\n    assert weights.parse('2.5') == 2.5\n\n\n"
        "def test_commas():\n    assert weights.parse('2,5') == 2.5\n"
    )
    files = {"shop/__init__.py": "", "shop/prices.py": prices, "shop/weights.py": weights}
    folder = Folder(tmp_path, {**files, "tests/test_shop.py": tests})
    mended, _ = await search(folder)
    assert mended.leftovers == ()
    mended_text = weights.replace("float(text)", "float(text.replace(',', '.'))")
    assert folder.texts()["shop/weights.py"] == mended_text


async def test_a_call_of_the_parent_s_method_that_is_missing(tmp_path: Path) -> None:
    shapes = (
        "class Shape:\n    def __init__(self, name, layer):\n        self.name, self.layer = name, layer\n\n\n"
        "class Box(Shape):\n    def __init__(self, name, size, layer=0):\n        self.size = size\n"
    )
    tests = (
        "from shapes import Box\n\n\ndef test_size():\n    assert Box('a', 2).size == 2\n\n\n"
        "def test_name():\n    assert Box('a', 2).name == 'a'\n\n\n"
        "def test_layer():\n    assert Box('a', 2, 7).layer == 7\n    assert Box('b', 2, 0).name == 'b'\n"
    )
    folder = Folder(tmp_path, {"shapes.py": shapes, "tests/test_shapes.py": tests})
    mended, _ = await search(folder)
    assert mended.leftovers == ()
    assert "super().__init__(name, layer)\n" in folder.texts()["shapes.py"]
