"""Imports, names, calls, annotations: each wrong thing is put right by its check, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import (
    BrokenImports,
    ChangedSignatures,
    MisspeltAttributes,
    OptionalGuards,
    TypeComplaints,
    UndefinedNames,
)
from journeyman.repair.fixers.annotations import answered, without_ignores
from journeyman.repair.fixers.guards import guarded

from .shell import PYTEST, RUFF, Folder

MYPY = Check("mypy", "mypy --no-pretty --strict --show-column-numbers --cache-dir=/dev/null shop", CheckKind.TYPES)
PACKAGE = {
    "shop/__init__.py": '"""Shop."""\n',
    "shop/prices.py": "def total(values, discount=0):\n    return sum(values) - discount\n",
    "shop/deep/__init__.py": "",
    "shop/deep/tax.py": "RATE = 2\n",
}


def claiming(module: str, name: str, claim: str) -> str:
    return f"from {module} import {name}\n\n\ndef test_it():\n    assert {claim}\n"


@pytest.mark.parametrize(
    ("files", "right"),
    [
        ({"shop/cart.py": "from prices import total\n"}, "from shop.prices import total\n"),
        ({"shop/cart.py": "from shop.tax import RATE as total\n"}, "from shop.deep.tax import RATE as total\n"),
        ({"shop/cart.py": "from ..prices import total\n"}, "from .prices import total\n"),
        ({"shop/cart.py": "from shop.old import total\n"}, "from shop.prices import total\n"),
        ({"shop/cart.py": "from shop.deep import total\n"}, "from shop.prices import total\n"),
    ],
    ids=["no-package", "moved", "too-far-up", "gone-module", "moved-name"],
)
async def test_an_import_is_led_to_where_the_name_is(tmp_path: Path, files: dict[str, str], right: str) -> None:
    test = claiming("shop.cart", "total", "total")
    folder = Folder(tmp_path, {**PACKAGE, **files, "tests/test_cart.py": test})
    mended = await folder.mend(PYTEST, fixers=[BrokenImports()])
    assert mended.leftovers == ()
    assert folder.texts()["shop/cart.py"] == right


async def test_all_that_import_a_module_that_moved_are_led_there(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "from .prices import total\nfrom .cart import cart\n",
        "shop/cart.py": "from shop.prices import (\n    rate,\n    total,\n)\n\n\n"
        "def cart():\n    return total([rate])\n",
        "shop/money/__init__.py": "",
        "shop/money/sums.py": "rate = 2\n\n\ndef total(values):\n    return sum(values)\n",
        "tests/test_cart.py": claiming("shop", "cart", "cart() == 2"),
    }
    folder = Folder(tmp_path, files)
    assert (await folder.mend(PYTEST, fixers=[BrokenImports()])).leftovers == ()
    assert folder.texts()["shop/__init__.py"] == "from shop.money.sums import total\nfrom .cart import cart\n"
    assert folder.texts()["shop/cart.py"] == files["shop/cart.py"].replace("shop.prices", "shop.money.sums")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("import msgpsec\n\ntotal = msgpsec.Struct\n", "import msgspec\n\ntotal = msgspec.Struct\n"),
        ("from msgspec import Strcut as total\n", "from msgspec import Struct as total\n"),
    ],
)
async def test_installed_packages_are_known(tmp_path: Path, wrong: str, right: str) -> None:
    files = {"cart.py": wrong, "test_cart.py": claiming("cart", "total", "total")}
    folder = Folder(tmp_path, files)
    assert (await folder.mend(PYTEST, fixers=[BrokenImports()])).leftovers == ()
    assert folder.texts()["cart.py"] == right


async def test_a_package_is_made_to_offer_what_a_test_imports(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {**PACKAGE, "tests/test_shop.py": claiming("shop", "total", "total([2]) == 2")})
    assert (await folder.mend(PYTEST, fixers=[BrokenImports()])).leftovers == ()
    assert folder.texts()["shop/__init__.py"] == '"""Shop."""\n\nfrom shop.prices import total\n'


async def test_a_definition_gets_the_name_by_which_a_test_calls_it(tmp_path: Path) -> None:
    files = {
        "prices.py": "def totall(values):\n    return sum(values)\n",
        "test_p.py": claiming("prices", "total", "not total([])"),
    }
    folder = Folder(tmp_path, files)
    assert (await folder.mend(PYTEST, fixers=[BrokenImports()])).leftovers == ()
    assert folder.texts()["prices.py"] == "def total(values):\n    return sum(values)\n"


async def test_several_names_of_one_file_are_defined_together(tmp_path: Path) -> None:
    source = "def load(path):\n    text = Path(path).name\n    return json.dumps(OrderedDict(name=txt))\n"
    test = claiming("loading", "load", "load('a/b') == '{\"name\": \"b\"}'")
    folder = Folder(tmp_path, {"loading.py": source, "test_loading.py": test})
    assert (await folder.mend(PYTEST, fixers=[UndefinedNames()])).leftovers == ()
    assert "name=text" in folder.texts()["loading.py"]


async def test_the_repository_s_own_way_to_import_a_name_comes_first(tmp_path: Path) -> None:
    files = {"a.py": "import os.path as osp\n\nX = osp\n", "b.py": "Y = osp.sep\n"}
    folder = Folder(tmp_path, files)
    assert (await folder.mend(RUFF, fixers=[UndefinedNames()])).leftovers == ()
    assert folder.texts()["b.py"] == "import os.path as osp\n\nY = osp.sep\n"


async def test_without_tests_no_name_is_guessed(tmp_path: Path) -> None:
    files = {"a.py": "def f(cart, card):\n    return carx\n"}
    folder = Folder(tmp_path, files)
    mended = await folder.mend(RUFF, fixers=[UndefinedNames()])
    assert mended.mends == ()
    assert len(mended.choices) == 2
    assert folder.texts() == files


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("sum(n for _, n in items.iteritems())", "sum(n for _, n in items.items())"),
        ("sum(items[k] for k in items if items.has_key(k))", "sum(items[k] for k in items if (k in items))"),
        ("sum(items[k] for k in unicode('ab'))", "sum(items[k] for k in str('ab'))"),
        ("sum(items.values()) * {'factor': 1}['facto']", "sum(items.values()) * {'factor': 1}['factor']"),
    ],
)
async def test_what_python_2_called_otherwise_and_misspelt_keys(tmp_path: Path, wrong: str, right: str) -> None:
    source = "def count(items):\n    return {}\n"
    test = claiming("counting", "count", "count({'a': 1, 'b': 2}) == 3")
    folder = Folder(tmp_path, {"counting.py": source.format(wrong), "test_counting.py": test})
    assert (await folder.mend(PYTEST, fixers=[MisspeltAttributes(), UndefinedNames()])).leftovers == ()
    assert folder.texts()["counting.py"] == source.format(right)


async def test_all_that_python_2_called_otherwise_is_put_right_together(tmp_path: Path) -> None:
    source = (
        "def count(items):\n    return sum(n for k, n in items.{0}() if {1})\n\n\ndef names(items):\n    return {2}\n"
    )
    test = claiming("counting", "count, names", "count({'a': 1}) == 1 and names({'a': 1}) == 'a'")
    wrong = source.format("iteritems", "items.has_key(k)", "unicode(''.join(items.iterkeys()))")
    folder = Folder(tmp_path, {"counting.py": wrong, "test_counting.py": test})
    assert (await folder.mend(PYTEST, fixers=[MisspeltAttributes()])).leftovers == ()
    assert folder.texts()["counting.py"] == source.format("items", "(k in items)", "str(''.join(items.keys()))")


@pytest.mark.parametrize(
    ("definition", "caller", "right"),
    [
        ("def pay(amount, currency): return amount", "pay(amount)", "pay(amount, currency)"),
        ("def pay(amount, *, currency): return amount", "pay(amount)", "pay(amount, currency=currency)"),
        ("def pay(amount, currency): return amount", "pay(amount, money=currency)", "pay(amount, currency=currency)"),
        ("def pay(amount): return amount", "pay(amount, currency)", "pay(amount)"),
        ("def pay(value): return value", "pay(amount=amount)", "pay(value=amount)"),
        ("def pay(value): return value", "pay(amount, amount)", "pay(amount)"),
        ("def pay(value): return value", "pay(pay(abs(amount), 2), 2)", "pay(pay(abs(amount)))"),
    ],
    ids=["added", "added-by-keyword", "renamed", "removed", "sole", "twice", "one-more"],
)
async def test_callers_follow_their_function(tmp_path: Path, definition: str, caller: str, right: str) -> None:
    source = "from money import pay\n\n\ndef buy(amount, currency):\n    return {0}\n\n\n"
    source += "def order(amount, currency):\n    return {0}\n"
    test = "from shop import buy, order\n\n\ndef test_buy():\n    assert buy(3, 'EUR') == order(3, 'EUR') == 3\n"
    folder = Folder(tmp_path, {"money.py": f"{definition}\n", "shop.py": source.format(caller), "test_shop.py": test})
    mended = await folder.mend(PYTEST, fixers=[ChangedSignatures()])
    assert mended.leftovers == ()
    assert folder.texts()["shop.py"] == source.format(right)


async def test_a_class_is_called_as_its_init_wants(tmp_path: Path) -> None:
    source = "class Order:\n    def __init__(self, count, price):\n        self.total = count * price\n\n\n{}"
    caller = "def make(count, price):\n    return Order(count, cost=price)\n"
    test = claiming("orders", "make", "make(2, 3).total == 6")
    folder = Folder(tmp_path, {"orders.py": source.format(caller), "test_orders.py": test})
    assert (await folder.mend(PYTEST, fixers=[ChangedSignatures()])).leftovers == ()
    assert "Order(count, price=price)" in folder.texts()["orders.py"]


async def test_a_parameter_gets_the_name_that_tests_pass(tmp_path: Path) -> None:
    test = claiming("money", "pay", "pay(amount=3) == 4")
    folder = Folder(tmp_path, {"money.py": "def pay(amonut):\n    return amonut + 1\n", "test_money.py": test})
    assert (await folder.mend(PYTEST, fixers=[ChangedSignatures()])).leftovers == ()
    assert folder.texts()["money.py"] == "def pay(amount):\n    return amount + 1\n"


async def test_an_argument_that_the_caller_does_not_have_is_not_invented(tmp_path: Path) -> None:
    source = "def pay(amount, account):\n    return amount\n\n\ndef buy(amount):\n    return pay(amount)\n"
    folder = Folder(tmp_path, {"money.py": source, "test_money.py": claiming("money", "buy", "buy(3) == 3")})
    assert (await folder.mend(PYTEST, fixers=[ChangedSignatures()])).mends == ()
    assert folder.texts()["money.py"] == source


@pytest.mark.parametrize(
    ("base", "own", "right"),
    [
        ("self, n, deep", "self, n", "self, n, deep"),
        ("self, n, deep: bool = True", "self, n", "self, n, deep: bool = True"),
        ("self, n, *, deep=True", "self, n", "self, n, *, deep=True"),
        ("self, n, deep", "self, n=1", "self, n=1, *, deep"),
        ("self, n, *, deep", "self, n, *rest", "self, n, *rest, deep"),
        ("self, n, *, deep", "self, n, *, wide=1", "self, n, *, wide=1, deep"),
    ],
)
async def test_an_override_takes_what_its_base_takes(tmp_path: Path, base: str, own: str, right: str) -> None:
    source = f"""class Plain:
    def show({base}):
        return n

    def twice(self, n):
        return self.show(n, deep=False) * 2


class Middle(Plain):
    pass


class Loud(Middle):
    def show({own}):
        return n + 1
"""
    test = "from shop import Loud\n\n\ndef test_it():\n    assert Loud().twice(2) == 6\n"
    folder = Folder(tmp_path, {"shop.py": source, "test_shop.py": test})
    mended = await folder.mend(PYTEST, fixers=[ChangedSignatures()])
    assert mended.leftovers == ()
    assert folder.texts()["shop.py"] == source.replace(
        f"show({own}):\n        return n + 1", f"show({right}):\n        return n + 1"
    )


async def test_calls_inside_each_other_are_all_relieved_of_what_is_taken_no_more(tmp_path: Path) -> None:
    source = "def twice(n):\n    return n * 2\n\n\ndef buy(amount):\n    return twice(twice(amount, None), None)\n"
    folder = Folder(tmp_path, {"money.py": source, "test_money.py": claiming("money", "buy", "buy(3) == 12")})
    await folder.mend(PYTEST, fixers=[ChangedSignatures()])
    assert folder.texts()["money.py"] == source.replace(", None", "")


UNTYPED = """import os


def show(text: str, end: str = None):
    print(text, end=end)  # type: ignore


class Shop:
    def is_open(self, hour: int):
        if hour > 8:
            return True
        return False

    def name(self) -> str:
        return os.name  # type: ignore[attr-defined]  # kept
"""


async def test_mechanical_complaints_of_a_type_checker_are_answered(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"shop/__init__.py": "", "shop/a.py": UNTYPED})
    mended = await folder.mend(MYPY, fixers=[TypeComplaints()])
    after = folder.texts()["shop/a.py"]
    assert mended.leftovers == (), after
    assert "def show(text: str, end: Optional[str] = None) -> None:\n    print(text, end=end)\n" in after
    assert "def is_open(self, hour: int) -> bool:" in after
    assert "return os.name  # kept\n" in after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("def f(x):\n    yield x\n", None),
        ("def f(x):\n    return g(x)\n", None),
        ("def f(x):\n    raise NotImplementedError\n", None),
        ("def f(x):\n    if x:\n        return 1\n", None),
        ("def f(x):\n    return x == 1\n", None),
        ("def f(x: int = max(1, 2)):  # (\n    pass\n", "def f(x: int = max(1, 2)) -> None:  # (\n    pass\n"),
        (
            "def f():\n    def g():\n        return 1\n\n    return None\n",
            "def f() -> None:\n    def g():\n        return 1\n\n    return None\n",
        ),
    ],
)
def test_a_type_is_only_written_where_the_statements_show_it(text: str, after: str | None) -> None:
    assert answered(text, set(), {1}) == (text if after is None else after)


def test_only_the_ignore_goes() -> None:
    assert (
        without_ignores("x = 1  # type: ignore[a]  # why\ny = 2  # type: ignore\n", {1, 2}) == "x = 1  # why\ny = 2\n"
    )


async def test_what_may_be_none_is_said_not_to_be_where_none_would_fail_anyway(tmp_path: Path) -> None:
    text = (
        "import re\n\n\ndef first(text: str) -> str:\n    found = re.match('a', text)\n"
        "{0}    return found.group()\n\n\n"
        "def head(items: list[int] | None) -> int:\n{1}    if items[0] > 2:\n        return 1\n    return 0\n"
    )
    folder = Folder(tmp_path, {"shop/__init__.py": "", "shop/a.py": text.format("", "")})
    assert (await folder.mend(MYPY, fixers=[OptionalGuards()])).leftovers == ()
    right = text.format("    assert found is not None\n", "    assert items is not None\n")
    assert folder.texts()["shop/a.py"] == right


@pytest.mark.parametrize(
    "statement",
    [
        "y = [x.a for _ in z]",
        "y = z and x.a",
        "y = 1 if z else x.a",
        "while x.a: x = x.next",
        "y = find(z).a",
        "y = lambda: x.a",
        "z = 1; y = x.a",
        "if z:\n    pass\nelif x.a:\n    pass",
    ],
)
def test_no_guard_where_it_would_say_more_than_the_statement(statement: str) -> None:
    line = next(number for number, words in enumerate(statement.split("\n"), 1) if ".a" in words)
    assert guarded(f"{statement}\n", [(line, "a")]) == f"{statement}\n"


async def test_an_attribute_of_a_class_that_a_test_inherits_from_is_spelt_right(tmp_path: Path) -> None:
    source = "class Base:\n    def timer(self):\n        return 2\n\n\nclass Cache(Base):\n"
    source += "    def now(self):\n        return self.{}()\n"
    test = "from a import Cache\n\n\nclass Own(Cache):\n    pass\n\n\ndef test_now():\n    assert Own().now() == 2\n"
    folder = Folder(tmp_path, {"a.py": source.format("tomer"), "test_a.py": test})
    assert (await folder.mend(PYTEST, fixers=[MisspeltAttributes()])).leftovers == ()
    assert folder.texts()["a.py"] == source.format("timer")


def test_a_literal_default_tells_the_type_and_optional_is_imported_though_it_is_spoken_of() -> None:
    text = '"""Optional things."""\n\n\ndef f(times=0, *, loud=False, other=None, name: str = None) -> str:\n'
    text += '    return ""\n'
    right = text.replace("times=0", "times: int = 0").replace("loud=False", "loud: bool = False")
    right = right.replace("name: str", "name: Optional[str]").replace(
        "\n\n\ndef", "\n\nfrom typing import Optional\n\n\ndef"
    )
    assert answered(text, {4}, {4}) == right
