"""Which test runs which line is known in every kind of suite, and the suspects come in a sensible order."""

import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.laboratory import Laboratory, runner_of
from journeyman.repair.localisation import FORMULAS, Counts, Localisation, Spectrum, localise, traced
from journeyman.repair.localisation.formulas import combined
from journeyman.repair.tree import SourceTree

from .shell import PYTEST, Folder

SHOP = """\
import asyncio
import sys
from rates import RATES


def rate(kind):
    return RATES[kind]


def total(kind, n):
    if n < 0:
        raise ValueError("negative")
    return rate(kind) * n


def into(box):
    box.put(total("b", 1))


async def later(n):
    await asyncio.sleep(0)
    return total("b", n)


def forever(n):
    while n != 0:
        n -= 2


if __name__ == "__main__":
    print(total(sys.argv[1], int(sys.argv[2])))
"""
RATES = 'RATES = {"a": 1, "b": 3}\n'


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


async def spectrum(root: Path, files: dict[str, str], command: str, *failing: str, seconds: float = 20) -> Spectrum:
    folder = Folder(root, files)
    runner = runner_of(command)
    assert runner is not None
    paths = [path for path in files if "test" not in path]
    async with Laboratory(folder.shell, runner) as laboratory:
        return await traced(laboratory, paths, failing, seconds)


def runs(seen: Spectrum, text: str, words: str, path: str = "shop.py") -> set[str]:
    """Return the last names of the tests that run the line with some words."""
    mask = seen.hits.get((path, line_of(text, words)), 0)
    names = (*seen.names(mask, passed=True), *seen.names(mask, passed=False))
    return {name.rpartition("::" if "::" in name else ".")[2] for name in names}


async def test_threads_forks_programs_and_coroutines_count_for_their_test(tmp_path: Path) -> None:
    tests = """\
import asyncio, multiprocessing, queue, subprocess, sys, threading
from shop import into, later, total

def test_direct():
    assert total("b", 2) == 4

def test_negative():
    try:
        total("a", -1)
    except ValueError:
        pass

def test_thread():
    box = queue.Queue()
    thread = threading.Thread(target=into, args=(box,))
    thread.start()
    thread.join()
    assert box.get() == 2

def test_fork():
    forking = multiprocessing.get_context("fork")
    box = forking.Queue()
    process = forking.Process(target=into, args=(box,))
    process.start()
    found = box.get(timeout=20)
    process.join()
    assert found == 2

def test_program():
    ended = subprocess.run([sys.executable, "shop.py", "b", "1"], capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("2\\n", "")

def test_coroutine():
    assert asyncio.run(later(1)) == 2
"""
    names = ["direct", "thread", "fork", "program", "coroutine"]
    failing = [f"tests/test_shop.py::test_{name}" for name in names]
    files = {"shop.py": SHOP, "rates.py": RATES, "tests/test_shop.py": tests}
    seen = await spectrum(tmp_path, files, "python -m pytest -q", *failing)
    assert [test.name for test in seen.failing] == failing
    everywhere = {f"test_{name}" for name in names}
    assert runs(seen, SHOP, "return rate(kind)") == everywhere
    assert runs(seen, SHOP, "if n < 0") == {*everywhere, "test_negative"}
    assert runs(seen, SHOP, "box.put") == {"test_thread", "test_fork"}
    assert runs(seen, SHOP, "print(") == {"test_program"}
    assert runs(seen, SHOP, "raise ValueError") == set()  # only a passing test runs it
    assert runs(seen, RATES, "RATES", "rates.py") == set()  # it runs once, before the tests


async def test_a_failure_tells_where_it_was_and_how_deep(tmp_path: Path) -> None:
    tests = '''\
import shop

def test_unknown():
    """Prices of unknown kinds."""
    shop.total("c", 1)

def test_endless():
    shop.forever(3)
'''
    files = {"shop.py": SHOP, "rates.py": RATES, "tests/test_shop.py": tests}
    failing = ["tests/test_shop.py::test_unknown", "tests/test_shop.py::test_endless"]
    seen = await spectrum(tmp_path, files, "python -m pytest -q", *failing)
    unknown, endless = seen.failing
    places = [("shop.py", line_of(SHOP, words)) for words in ("return rate(kind)", "return RATES")]
    assert (unknown.frames, unknown.raised) == (tuple(places), "KeyError: 'c'")
    assert unknown.words == "Prices of unknown kinds."
    assert endless.frames[0][1] in (line_of(SHOP, "while n != 0"), line_of(SHOP, "n -= 2"))
    depths = {line: depth for (_, line), depth in seen.depths.items()}
    assert depths[line_of(SHOP, "def total")] == 1
    assert depths[line_of(SHOP, "def rate")] == 2


async def test_what_runs_only_to_report_a_failure_is_no_suspect(tmp_path: Path) -> None:
    source = (
        "class Box:\n    def __init__(self, n):\n        self.n = n\n\n    def __repr__(self):\n"
        "        return f'Box({self.n})'\n\n    def __eq__(self, other):\n        return self.n > other.n\n"
    )
    tests = (
        "import unittest\nfrom box import Box\n\n\nclass Boxes(unittest.TestCase):\n    def test_it(self):\n"
        "        self.assertEqual(Box(1), Box(1))\n\n\n"
        "def test_equal():\n    box = Box(2)\n    assert box == Box(2)\n"
    )
    files = {"box.py": source, "test_box.py": tests}
    seen = await spectrum(tmp_path, files, "pytest", "test_box.py::test_equal", "test_box.py::Boxes::test_it")
    assert runs(seen, source, "return self.n > other.n", "box.py") == {"test_it", "test_equal"}
    assert runs(seen, source, "return f'Box", "box.py") == set()


async def test_unittest_with_subtests_and_coroutines(tmp_path: Path) -> None:
    tests = """\
import unittest
import shop

class Shop(unittest.TestCase):
    def test_each(self):
        for n in (0, 1):
            with self.subTest(n=n):
                self.assertEqual(shop.total("b", n), 2 * n)

    def test_fine(self):
        self.assertEqual(shop.total("a", 2), 2)

class Later(unittest.IsolatedAsyncioTestCase):
    async def test_later(self):
        self.assertEqual(await shop.later(1), 2)
"""
    files = {"shop.py": SHOP, "rates.py": RATES, "tests/test_shop.py": tests, "tests/__init__.py": ""}
    failing = ["tests.test_shop.Shop.test_each", "tests.test_shop.Later.test_later"]
    seen = await spectrum(tmp_path, files, "python -m unittest", *failing)
    assert {test.name for test in seen.failing} == set(failing)
    assert runs(seen, SHOP, "return rate(kind)") == {"test_each", "test_later", "test_fine"}
    assert all(test.raised.startswith("AssertionError") for test in seen.failing)


async def test_doctests_of_modules_and_texts(tmp_path: Path) -> None:
    source = (
        'def double(n):\n    """\n    >>> double(2)\n    4\n    """\n    return n * 3\n\n\n'
        "def other():\n    return 1\n"
    )
    text = "Twice:\n\n>>> from program import double, other\n>>> other()\n1\n>>> double(1)\n2\n"
    files = {"program.py": source, "test_guide.txt": text}
    for command in ("python -m doctest program.py test_guide.txt", "pytest --doctest-modules --doctest-glob=*.txt"):
        seen = await spectrum(tmp_path, files, command)
        assert len(seen.failing) == 2
        assert seen.counts(seen.hits["program.py", 6]) == Counts(2, 0, 2, 0)
        assert seen.counts(seen.hits["program.py", 10]) == Counts(1, 0, 2, 0)


async def test_a_test_that_kills_the_process_is_left_out(tmp_path: Path) -> None:
    tests = (
        "import os\nimport shop\n\ndef test_crash():\n    os._exit(3)\n\n"
        "def test_bad():\n    assert shop.total('b', 1) == 2\n\n"
        "def test_good():\n    assert shop.total('a', 1) == 1\n"
    )
    files = {"shop.py": SHOP, "rates.py": RATES, "tests/test_shop.py": tests}
    bad = ["tests/test_shop.py::test_crash", "tests/test_shop.py::test_bad"]
    seen = await spectrum(tmp_path, files, "python -m pytest -q", *bad)
    assert [test.name for test in seen.tests] == ["tests/test_shop.py::test_bad", "tests/test_shop.py::test_good"]


async def test_a_large_slow_suite_is_cut_off_and_the_nearest_tests_come_first(tmp_path: Path) -> None:
    variants = "@pytest.mark.parametrize('n', range(400))"
    slow = f"import time\nimport pytest\n\n{variants}\ndef test_slow(n):\n    time.sleep(0.2)\n"
    tests = (
        "import shop\n\ndef test_bad():\n    assert shop.total('b', 1) == 2\n\n"
        "def test_good():\n    assert shop.total('a', 1) == 1\n"
    )
    files = {"shop.py": SHOP, "rates.py": RATES, "tests/test_a.py": slow, "tests/test_shop.py": tests}
    begun = time.monotonic()
    seen = await spectrum(tmp_path, files, "python -m pytest -q", "tests/test_shop.py::test_bad", seconds=4)
    assert time.monotonic() - begun < 20  # it would take 80
    assert seen.names(seen.hits["shop.py", line_of(SHOP, "return rate")], passed=True) == (
        "tests/test_shop.py::test_good",
    )
    assert 2 <= seen.passing < 100


counted = st.tuples(st.integers(1, 20), st.integers(0, 20), st.integers(0, 50), st.integers(0, 50))


@given(counted)
def test_every_formula_lies_between_nothing_and_one_and_grows_with_failures(
    counted: tuple[int, int, int, int],
) -> None:
    hit, missed, passing_hit, passing_missed = counted
    counts = Counts(hit, passing_hit, hit + missed, passing_hit + passing_missed)
    less = Counts(hit - 1, passing_hit, hit + missed, passing_hit + passing_missed)
    more = Counts(hit, passing_hit + 1, hit + missed, passing_hit + 1 + passing_missed)
    for formula in (*FORMULAS.values(), combined):
        assert 0 <= formula(counts) <= 1
        assert formula(less) <= formula(counts) + 1e-9
        assert formula(more) <= formula(counts) + 1e-9 or formula is FORMULAS["tarantula"]
        assert formula(Counts(0, passing_hit, hit + missed, passing_hit + passing_missed)) == 0


async def localised(root: Path, files: dict[str, str], check: Check = PYTEST) -> Localisation:
    folder = Folder(root, files)
    found = await localise(SourceTree(folder.shell, sorted(files)), await folder.judge(check), 20)
    assert found is not None
    return found


async def test_the_function_that_only_the_failing_test_runs_is_the_first(tmp_path: Path) -> None:
    source = (
        "def shared(x):\n    y = x\n    return y\n\n\ndef good(x):\n    return shared(x) + 1\n\n\n"
        "def bad(x):\n    z = shared(x)\n    return z - 1\n"
    )
    tests = (
        "import program\n\ndef test_one():\n    assert program.good(1) == 2\n\n"
        "def test_two():\n    assert program.bad(1) == 2\n"
    )
    found = await localised(tmp_path, {"program.py": source, "tests/test_program.py": tests})
    assert [weighed.unit.name for weighed in found.ranking.units] == ["bad", "shared"]
    assert found.ranking.lines[0][1] == line_of(source, "return z - 1")


async def test_names_in_the_test_and_frames_of_its_traceback_tell_functions_apart(tmp_path: Path) -> None:
    body = "    value = text.strip()\n    return value\n"
    entry = "def read(text):\n    return shorten(clean(text))\n\n\n"
    source = f"{entry}def clean(text):\n{body}\n\ndef shorten(text):\n{body}"
    named = 'import program\n\ndef test_shorten_cuts():\n    assert program.read(" abcdef ") == "abc"\n'
    found = await localised(tmp_path / "a", {"program.py": source, "tests/test_program.py": named})
    assert found.ranking.units[0].unit.name == "shorten"
    raising = source.replace(
        "    value = text.strip()\n    return value\n\n\ndef shorten", "    return text[9:][0]\n\n\ndef shorten"
    )
    mute = 'import program\n\ndef test_it():\n    program.read(" abc ")\n'
    found = await localised(tmp_path / "b", {"program.py": raising, "tests/test_program.py": mute})
    assert found.ranking.units[0].unit.name == "clean"


async def test_of_two_that_look_alike_the_one_changed_lately_comes_first(tmp_path: Path) -> None:
    source = "def one(x):\n    return two(x)\n\n\ndef two(x):\n    return x\n"
    files = {"program.py": source, "test_it.py": "import program\n\ndef test_it():\n    assert program.one(1) == 2\n"}
    folder = Folder(tmp_path, files)
    tree, outcome = SourceTree(folder.shell, sorted(files)), await folder.judge(PYTEST)
    for changed, first in (({}, "one"), ({"program.py": frozenset({6})}, "two")):
        found = await localise(tree, outcome, 20, changed)
        assert found is not None
        assert found.ranking.units[0].unit.name == first


async def test_what_a_module_or_class_binds_is_suspect_by_those_who_use_it(tmp_path: Path) -> None:
    rates = "FEES = {'a': 1}\nRATES = {'a': 1, 'b': 3}\n"
    source = (
        "import rates\nfrom rates import FEES\n\n\nclass Shop:\n    minimum = 5\n    most = 9\n\n"
        "    def fee(self, kind):\n        return FEES[kind]\n\n"
        "    def rate(self, kind):\n        return rates.RATES[kind]\n\n"
        "    def least(self):\n        return self.minimum\n"
    )
    tests = (
        "from shop import Shop\n\ndef test_fee():\n    assert Shop().fee('a') == 1\n\n"
        "def test_rate():\n    assert Shop().rate('b') == 2\n\ndef test_least():\n    assert Shop().least() == 4\n"
    )
    found = await localised(tmp_path, {"shop.py": source, "rates.py": rates, "tests/test_shop.py": tests})
    names = [weighed.unit.name for weighed in found.ranking.units]
    assert set(names) == {"Shop.rate", "Shop.least", "RATES", "Shop.minimum"}


async def test_no_ranking_where_nothing_can_be_traced(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "x = 1\n"})
    tree = SourceTree(folder.shell, ["a.py"])
    for check in (
        Check("make", "make test || false", CheckKind.TEST),
        Check("lint", "false", CheckKind.LINT),
        PYTEST,
    ):
        assert await localise(tree, await folder.judge(check), 5) is None
