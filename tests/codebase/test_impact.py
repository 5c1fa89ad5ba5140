"""What a change touches, and which tests it asks for, by what was recorded and by imports."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from journeyman.codebase import ChangeOf, Impact, Risk, TestsToRun
from journeyman.codebase.impact.coverage import Coverage
from journeyman.codebase.impact.selecting import blob_of
from journeyman.domain.changes import Side
from journeyman.domain.coverage import Ran, Recorded, RecordedTest
from journeyman.domain.errors import BadRequest
from journeyman.git.differences import WorkTreeDifferences
from journeyman.git.program import Git
from tests.codebase.places import SHOP, committed, git, opened, write

ORDERS, STOCK, TESTS = "shop/orders.py", "shop/stock.py", "tests/test_orders.py"
TOTAL, TAKE = f"{TESTS}::test_total_takes_the_rebate_off", f"{TESTS}::test_take"
FILES: dict[str, str | bytes] = {**SHOP, "tests/data/prices.csv": "1,2\n", "setup.py": "", "shop/__init__.py": ""}


def lines(*numbers: int) -> int:
    return sum(1 << number for number in numbers)


def recording(root: Path, tests: dict[str, dict[str, int]], **more: tuple[str, ...]) -> Recorded:
    """Return a recording: the lines of each file that each test ran; `reads` and `opaque` name what and which."""
    files = {str(path.relative_to(root)): blob_of(path.read_bytes()) for path in root.rglob("*.py")}
    ran = [Ran(path, bits) for of in tests.values() for path, bits in of.items()]
    told = []
    for name, of in tests.items():
        numbers = tuple(ran.index(Ran(path, bits)) for path, bits in of.items())
        told.append(RecordedTest(name, 1.0, True, name in more.get("opaque", ()), more.get(name, ()), numbers))
    return Recorded(tuple(told), tuple(ran), (), files)


class Place:
    """A repository with an index and what was recorded of it."""

    def __init__(self, folder: Path) -> None:
        self.root = committed(folder / "one", FILES)
        self._home = folder / "home"
        self.differences = WorkTreeDifferences(Git())

    def record(self, recorded: Recorded) -> None:
        async def work() -> None:
            with closing(opened(self._home, self.root)) as index:
                await index.refresh()
                with closing(await index.coverage()) as coverage:
                    coverage.keep(recorded)

        asyncio.run(work())

    def impact(self, asked: str = "", share: float | None = None) -> Impact:
        async def work() -> Impact:
            with closing(opened(self._home, self.root)) as index:
                await index.refresh()
                with closing(await index.coverage()) as coverage:
                    sides = await self.differences.sides(self.root, asked)
                    return (await index.assessing(coverage)).impact(sides, share)

        return asyncio.run(work())

    def change(self, path: str, old: str, new: str) -> TestsToRun:
        text = (self.root / path).read_text()
        assert old in text
        (self.root / path).write_text(text.replace(old, new))
        return self.impact().tests


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    ran = {TOTAL: {ORDERS: lines(12, 16, 17), TESTS: lines(5)}, TAKE: {STOCK: lines(5), ORDERS: lines(23, 24)}}
    found.record(recording(found.root, ran, **{TAKE: ("tests/data/prices.csv",)}))
    return found


def names(chosen: TestsToRun) -> list[str]:
    assert not chosen.doubts
    return [test.name for test in chosen.tests]


def test_the_tests_that_ran_a_changed_statement_are_chosen(place: Place) -> None:
    assert names(place.change(ORDERS, "- rebate", "- rebate - 0")) == [TOTAL]


def test_a_statement_that_no_test_ran_asks_for_none(place: Place) -> None:
    assert names(place.change(ORDERS, "return sum(self.lines)\n", "return 1\n")) == []


def test_comments_ask_for_no_test(place: Place) -> None:
    assert names(place.change(ORDERS, "LIMIT = 100", "LIMIT = 100  # at most")) == []


def test_what_changes_on_import_asks_for_whoever_imports_it(place: Place) -> None:
    assert set(names(place.change(STOCK, "class Warehouse:", "BOXES = 3\n\n\nclass Warehouse:"))) == {TOTAL, TAKE}


def test_data_that_a_test_reads_asks_for_it(place: Place) -> None:
    assert names(place.change("tests/data/prices.csv", "1", "2")) == [TAKE]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("setup.py", "how the project is set up"),
        ("tests/conftest.py", "what all tests below it share"),
        ("shop/fast.pyx", "is not Python"),
        ("shop/rates.json", "no test was seen to read it"),
    ],
)
def test_where_it_is_not_sure_all_tests_are_to_run(place: Place, path: str, told: str) -> None:
    write(place.root, {path: "x = 1\n"})
    chosen = place.impact().tests
    assert chosen.all
    assert told in chosen.doubts[0]
    assert chosen.files == (TESTS,)


def test_broken_python_asks_for_all_tests(place: Place) -> None:
    assert place.change(ORDERS, "def total", "def total)").all


def test_words_for_people_ask_for_none(place: Place) -> None:
    assert names(place.change("README.md", "holds", "has")) == []


def test_without_a_recording_it_says_so_and_tells_what_comes_first(tmp_path: Path) -> None:
    chosen = Place(tmp_path).change(ORDERS, "- rebate", "+ rebate")
    assert chosen.all
    assert "no coverage was recorded" in chosen.doubts[0]
    assert [test.name for test in chosen.tests] == [TESTS]


def test_a_new_test_is_run_although_nobody_recorded_it(place: Place) -> None:
    fresh = {"tests/test_fresh.py": "from shop.orders import reserve\n\n\ndef test_it():\n    reserve(None)\n"}
    committed(place.root, fresh)
    chosen = names(place.change(ORDERS, "order.lines", "order.lines[:]"))
    assert chosen[0] == "tests/test_fresh.py"
    assert TAKE in chosen


def test_a_changed_file_makes_only_its_own_recording_old(place: Place) -> None:
    committed(place.root, {STOCK: "class Warehouse:\n    def take(self, amount):\n        return amount\n"})
    assert names(place.change(ORDERS, "- rebate", "- rebate - 0")) == [TOTAL]
    git(place.root, "checkout", "-q", ".")
    chosen = place.change(STOCK, "return amount", "return 0").tests
    assert chosen[0].name == TAKE
    assert "since it was recorded" in chosen[0].because


def test_recording_again_replaces_what_its_tests_ran(place: Place) -> None:
    write(place.root, {TESTS: FILES[TESTS].replace("test_total_takes_the_rebate_off", "test_total")})  # type: ignore[union-attr]
    renamed = f"{TESTS}::test_total"
    place.record(recording(place.root, {renamed: {ORDERS: lines(17), TESTS: lines(5)}}))
    git(place.root, "add", "-A")
    git(place.root, "commit", "-qm", "rename a test")
    assert names(place.change(ORDERS, "- rebate", "- rebate - 0")) == [renamed]


def test_tests_that_start_programs_are_always_chosen(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ran = {TOTAL: {ORDERS: lines(17)}, f"{TESTS}::test_cli": {TESTS: lines(5)}}
    place.record(recording(place.root, ran, opaque=(f"{TESTS}::test_cli",)))
    assert names(place.change(ORDERS, "- rebate", "- rebate - 0")) == [TOTAL, f"{TESTS}::test_cli"]


def test_a_limit_keeps_the_most_telling_tests(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ran = {f"{TESTS}::test_{number}": {ORDERS: lines(17, *range(20, 20 + number))} for number in range(6)}
    place.record(recording(place.root, ran))
    write(place.root, {ORDERS: str(FILES[ORDERS]).replace("- rebate", "- rebate - 0")})
    chosen = place.impact(share=1 / 3).tests
    assert (len(chosen.tests), chosen.left_out, chosen.seconds, chosen.of_seconds) == (2, 4, 2.0, 6.0)
    assert chosen.tests[0].name.endswith("test_5")


def test_a_damaged_recording_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    path.write_bytes(b"nothing of SQLite's" * 100)
    with closing(Coverage(path)) as coverage:
        assert coverage.tests == {}


def test_what_is_touched_and_reached_is_told(place: Place) -> None:
    place.change(ORDERS, "def total(self, rebate=0)", "def total(self, rebate)")
    found = place.impact()
    assert found.files == {ORDERS: ChangeOf.CHANGED}
    (touched,) = found.touched
    assert (touched.place, touched.change, touched.public) == (f"{ORDERS}:Order.total", ChangeOf.CHANGED, True)
    (interface,) = found.interfaces
    assert (interface.before, interface.after) == ("def total(self, rebate=0)", "def total(self, rebate)")
    assert TOTAL.replace("::", ":") in {each.place for each in found.reached}


def test_a_removed_function_names_who_still_calls_it(place: Place) -> None:
    committed(place.root, {"shop/shipping.py": "from shop.orders import reserve\n\n\ndef ship(o):\n    reserve(o)\n"})
    text = (place.root / ORDERS).read_text()
    (place.root / ORDERS).write_text(text[: text.index("def reserve")])
    found = place.impact()
    (interface,) = found.interfaces
    assert (interface.after, interface.callers) == ("", ("shop/shipping.py:ship",))
    assert found.risk is not Risk.LOW


def test_risk_has_its_reasons(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for number in range(6):
        committed(place.root, {ORDERS: f"{FILES[ORDERS]}\n\ndef charge():\n    return {number}\n"})
        git(place.root, "commit", "-q", "--amend", "-m", f"Fix the bug in charge ({number})")
    users = "".join(f"def use_{number}():\n    charge()\n\n\n" for number in range(12))
    committed(place.root, {"shop/users.py": f"from shop.orders import charge\n\n\n{users}"})
    place.change(ORDERS, "def charge():", "def charge(amount):")
    found = place.impact()
    assert found.risk is Risk.HIGH
    told = [reason.partition(":")[0] for reason in found.reasons]
    assert set(told) >= {"fan-in", "interface", "churn", "past defects", "missing tests"}


def test_calls_of_a_name_that_many_methods_have_are_no_fan_in(tmp_path: Path) -> None:
    place = Place(tmp_path)
    shapes = "".join(f"class S{n}:\n    def drawing(self):\n        return {n}\n\n\n" for n in range(7))
    users = "".join(f"def user{n}(thing):\n    return thing.drawing()\n\n\n" for n in range(30))
    write(place.root, {"shop/shapes.py": shapes, "shop/users.py": users})
    git(place.root, "add", "-A")
    git(place.root, "commit", "-qm", "shapes")
    write(place.root, {"shop/shapes.py": shapes.replace("return 3", "return 33")})
    found = place.impact()
    assert [(each.place, each.callers) for each in found.touched] == [("shop/shapes.py:S3.drawing", 0)]
    assert not any("fan-in" in reason for reason in found.reasons)


def test_a_small_change_that_is_tested_is_of_low_risk(place: Place) -> None:
    place.change(ORDERS, "- rebate", "- rebate - 0")
    assert place.impact().risk is Risk.LOW


def test_git_tells_all_kinds_of_changes(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", {"a.py": "1\n", "b.py": "2\n", "c d.py": "3\n"})
    ask = WorkTreeDifferences(Git())

    def sides(asked: str = "", *, staged: bool = False) -> list[Side]:
        return asyncio.run(ask.sides(root, asked, staged=staged))

    assert sides() == []
    write(root, {"a.py": "1!\n", "new.py": "4\n"})
    (root / "b.py").unlink()
    git(root, "add", "a.py")
    write(root, {"a.py": "1!!\n"})
    dirty = [Side("a.py", b"1\n", b"1!!\n"), Side("b.py", b"2\n", None), Side("new.py", None, b"4\n")]
    assert sides() == sides("HEAD") == dirty
    assert sides(staged=True) == [Side("a.py", b"1\n", b"1!\n")]
    git(root, "checkout", "-qb", "other")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "more")
    assert sides() == []
    assert sides("main..other") == sides("main...other") == sides("HEAD~1") == dirty
    for asked in ("nowhere", "main..nowhere", "--output=x"):
        with pytest.raises(BadRequest):
            sides(asked)


def test_no_filter_of_a_repository_is_run(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", {"a.txt": "1\n", ".gitattributes": "*.txt filter=own\n"})
    git(root, "config", "filter.own.clean", f"touch {tmp_path}/ran; cat")
    write(root, {"a.txt": "2\n"})
    assert [side.path for side in asyncio.run(WorkTreeDifferences(Git()).sides(root))] == ["a.txt"]
    assert not (tmp_path / "ran").exists()


def test_a_folder_without_commits_differs_from_nothing(tmp_path: Path) -> None:
    root = write(tmp_path / "one", {"a.py": "1\n"})
    git(root, "init", "-q")
    assert asyncio.run(WorkTreeDifferences(Git()).sides(root)) == [Side("a.py", None, b"1\n")]


def test_without_a_recording_the_nearest_files_come_first(tmp_path: Path) -> None:
    place = Place(tmp_path)
    far = {
        "shop/bills.py": "from shop.orders import Order\n",
        "tests/test_bills.py": "from shop.bills import Order\n\n\ndef test_bill():\n    pass\n",
        "tests/test_aside.py": "from shop.orders import LIMIT\n\n\ndef test_aside():\n    pass\n",
        "tests/test_else.py": "def test_else():\n    pass\n",
    }
    committed(place.root, far)
    chosen = place.change(ORDERS, "- rebate", "+ rebate")
    assert [test.name for test in chosen.tests] == [TESTS, "tests/test_aside.py", "tests/test_bills.py"]
    assert chosen.files == (TESTS, "tests/test_aside.py", "tests/test_bills.py", "tests/test_else.py")
