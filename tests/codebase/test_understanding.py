"""Explaining a place, and finding code that is like it."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from journeyman.codebase import Explained, Like
from journeyman.codebase.impact.selecting import blob_of
from journeyman.codebase.index import CodeIndex
from journeyman.codebase.shapes import fingerprints, syntax
from journeyman.domain.coverage import Ran, Recorded, RecordedTest
from journeyman.domain.errors import BadRequest
from journeyman.git.differences import WorkTreeDifferences
from journeyman.git.program import Git
from tests.codebase.places import SHOP, committed, git, opened, write

COPY = '''def worth(things, discount):
    """Say what things are worth."""
    if discount and things:
        return sum(things) - discount
    return sum(things)
'''
OTHER = (
    "def greet(name):\n    for letter in name:\n        print(letter.upper(), end='-')\n    return len(name) * 2\n"
)


@pytest.fixture
def index(tmp_path: Path):
    root = committed(tmp_path / "one", SHOP | {"shop/worth.py": COPY, "shop/greet.py": OTHER})
    with closing(opened(tmp_path / "home", root)) as found:
        asyncio.run(found.refresh())
        yield found


def explained(index: CodeIndex, asked: str, below: str = "") -> Explained:
    ask = WorkTreeDifferences(Git())
    return asyncio.run(
        index.explain(asked, below, lambda path, first, last: ask.told(index.root, path, first, last, 9))
    )


def alike(index: CodeIndex, asked: str) -> list[Like]:
    return asyncio.run(index.related(asked, ""))


def test_a_function_is_explained_by_what_surrounds_it(index: CodeIndex) -> None:
    found = explained(index, "shop/orders.py:reserve")
    assert found.symbol.doc == "Set goods aside."
    assert "shop/stock.py:Warehouse.take" in {tie.place for tie in found.needs}
    assert found.callers == ()
    total = explained(index, "shop/orders.py:Order.total")
    assert [tie.place for tie in total.tests] == ["tests/test_orders.py:test_total_takes_the_rebate_off"]
    assert not total.recorded


def test_who_names_it_without_a_call_is_told(tmp_path: Path) -> None:
    steps = (
        "from shop.orders import Order, reserve\nfrom shop.orders import (\n    LIMIT,\n    Order as Wanted,\n)\n\n"
        "# reserve is a step\nSTEPS = {'reserve': reserve}\n\n\n"
        "def check(order: Order) -> bool:\n    return len(order.lines) < LIMIT\n\n\n"
        "def work(order):\n    reserve(order)\n"
    )
    other = "def go(reserve):\n    return reserve\n"
    files = {"shop/steps.py": steps, "web/reserve.js": "const reserve = 1\n", "lib/apart.py": other}
    with closing(opened(tmp_path / "home", committed(tmp_path / "one", SHOP | files))) as index:
        asyncio.run(index.refresh())

        def named(asked: str) -> dict[str, tuple[int, float]]:
            return {tie.place: (tie.line, tie.confidence) for tie in explained(index, asked).mentions}

        assert named("shop/orders.py:reserve") == {"shop/steps.py:STEPS": (8, 0.95), "lib/apart.py:go": (1, 0.6)}
        assert [tie.place for tie in explained(index, "shop/orders.py:reserve").callers] == ["shop/steps.py:work"]
        assert named("shop/orders.py:Order") == {"shop/steps.py:check": (11, 0.95)}
        assert named("shop/orders.py:LIMIT") == {"shop/steps.py:check": (12, 0.95)}
        assert named("shop/orders.py") == {}


def test_a_file_and_a_class_tell_what_they_hold(index: CodeIndex) -> None:
    file = explained(index, "shop/orders.py")
    assert [each.name for each in file.holds] == ["LIMIT", "Order", "reserve"]
    assert [tie.place for tie in file.needs] == ["shop/stock.py"]
    assert [tie.place for tie in file.tests] == ["tests/test_orders.py"]
    assert [each.name for each in explained(index, "shop/orders.py:Order").holds] == ["__init__", "total"]


@pytest.mark.parametrize(
    ("asked", "below"),
    [
        ("shop/orders.py:Order.total", ""),
        ("shop/orders.py:total", ""),
        ("shop/orders.py:16", ""),
        ("./shop/orders.py:16", ""),
        ("orders.py:16", "shop"),
        ("../shop/orders.py:16", "tests"),
        ("shop/../shop/orders.py:total", ""),
        ("Order.total", ""),
        ("total", ""),
    ],
)
def test_a_place_is_named_by_path_line_or_name(index: CodeIndex, asked: str, below: str) -> None:
    assert explained(index, asked, below).symbol.place == "shop/orders.py:Order.total"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("shop/orders.py:tot", "one of total"),
        ("shop/orders.py:900", "lines"),
        ("shop/nowhere.py:x", "no file shop/nowhere.py"),
        ("nothing_at_all", "neither a file nor a symbol"),
        ("twice", "stands for 2 symbols"),
    ],
)
def test_what_cannot_be_meant_is_told(index: CodeIndex, asked: str, told: str) -> None:
    write(index.root, {"a.py": "def twice(): pass\n", "b.py": "def twice(): ...\n"})
    asyncio.run(index.refresh())
    with pytest.raises(BadRequest) as raised:
        explained(index, asked)
    assert told in raised.value.line()


def test_who_changed_it_and_why_is_told_of_these_lines_only(index: CodeIndex) -> None:
    text = SHOP["shop/orders.py"]
    for old, new, why in (
        ("- rebate", "- rebate * 1", "Take one rebate\n\nCustomers asked."),
        ("LIMIT", "MOST", "Name"),
    ):
        assert isinstance(text, str)
        text = text.replace(old, new)
        write(index.root, {"shop/orders.py": text})
        git(index.root, "commit", "-qam", why)
    asyncio.run(index.refresh())
    found = explained(index, "Order.total")
    assert [(each.subject, each.body) for each in found.changes] == [
        ("Take one rebate", "Customers asked."),
        ("a change", ""),
    ]
    assert found.authors == {"A": 2}
    assert explained(index, "shop/orders.py").changes[0].subject == "Name"


def test_tests_that_were_seen_to_run_it_come_before_guesses(index: CodeIndex) -> None:
    files = {str(path.relative_to(index.root)): blob_of(path.read_bytes()) for path in index.root.rglob("*.py")}
    test = RecordedTest("tests/test_orders.py::test_x", 0.1, True, False, (), (0,))
    with closing(asyncio.run(index.coverage())) as coverage:
        coverage.keep(Recorded((test,), (Ran("shop/orders.py", 1 << 17),), (), files))
    found = explained(index, "Order.total")
    assert (found.recorded, [tie.place for tie in found.tests]) == (True, ["tests/test_orders.py::test_x"])
    assert not explained(index, "shop/orders.py:reserve").recorded


def test_like_structure_is_found_whatever_the_names(index: CodeIndex) -> None:
    first, *others = alike(index, "shop/orders.py:Order.total")
    assert first.place == "shop/worth.py:worth"
    assert first.structure > 0.5
    assert all(each.score < first.score / 2 for each in others)


def test_files_are_like_files_and_classes_like_classes(index: CodeIndex) -> None:
    assert alike(index, "shop/orders.py")[0].place in ("shop/worth.py", "tests/test_orders.py")
    assert {each.place for each in alike(index, "shop/orders.py:Order")} <= {"shop/stock.py:Warehouse"}


def test_shapes_follow_changes_and_are_read_once(index: CodeIndex) -> None:
    assert alike(index, "worth")[0].place == "shop/orders.py:Order.total"
    write(index.root, {"shop/worth.py": OTHER.replace("greet", "worth")})
    asyncio.run(index.refresh())
    assert alike(index, "worth")[0].place == "shop/greet.py:greet"


def test_names_numbers_texts_and_notes_do_not_count() -> None:
    one = 'def a(b):\n    """Say."""\n    return b // 2 + "x"  # why\n'
    other = "def long_name(value):\n    return value // 31 + 'something else'\n"
    assert syntax(one, "python") == syntax(other, "python")
    assert fingerprints(one, "python") == fingerprints(other, "python")
    assert syntax("int a = 1; // note\nreturn /* or */ b;", "c") == ["n", "n", "=", "0", ";", "return", "n", ";"]
