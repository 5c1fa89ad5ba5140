"""Small faults are found, by pytest and by unittest, and nothing is claimed where there is none."""

import ast
import json
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.laboratory.commands import Runner, runner_of
from journeyman.repair.laboratory.inside.search.ingredients import Ingredients
from journeyman.repair.laboratory.inside.search.judging import untraced_shares
from journeyman.repair.laboratory.inside.search.package import Package
from journeyman.repair.laboratory.inside.search.queue import Place, Queue
from journeyman.repair.laboratory.inside.search.scene import scenes
from journeyman.repair.laboratory.inside.search.source import Source, edited
from journeyman.repair.laboratory.inside.search.spoken import pairs
from journeyman.repair.laboratory.inside.search.suspicion import Suspicion
from journeyman.repair.laboratory.inside.search.table import RULES
from journeyman.repair.search import EditSearch

from .seeded import Seeded, project, read_seeded
from .shell import PYTEST, Folder

UNITTEST = Check("unittest", "python -m unittest discover -s tests", CheckKind.TEST, "unittest")
QUICK = ("binary_search", "roman", "account")


@pytest.mark.parametrize("seeded", [s for s in read_seeded() if s.name in QUICK], ids=lambda seeded: seeded.name)
async def test_a_seeded_fault_is_mended(tmp_path: Path, seeded: Seeded) -> None:
    await mends(tmp_path, seeded)


@pytest.mark.long
@pytest.mark.parametrize("seeded", [s for s in read_seeded() if s.name not in QUICK], ids=lambda seeded: seeded.name)
async def test_another_seeded_fault_is_mended(tmp_path: Path, seeded: Seeded) -> None:
    await mends(tmp_path, seeded)


async def mends(root: Path, seeded: Seeded) -> None:
    folder = Folder(root, project(seeded))
    check = msgspec.structs.replace(PYTEST, timeout_seconds=6.0)
    mended = await folder.mend(check, fixers=[EditSearch()])
    assert mended.leftovers == ()
    assert len(mended.mends) == 1
    assert folder.texts()["tests/test_program.py"] == project(seeded)["tests/test_program.py"]


async def test_unittest_projects_are_searched_too(tmp_path: Path) -> None:
    tests = (
        "import unittest\nfrom program import largest\n\n\nclass Largest(unittest.TestCase):\n"
        "    def test_many(self):\n        self.assertEqual(largest([3, 9, 2]), 9)\n\n"
        "    def test_one(self):\n        self.assertEqual(largest([4]), 4)\n"
    )
    source = "# kept\ndef largest(values):\n    return min(values)  # of all\n"
    folder = Folder(tmp_path, {"program.py": source, "tests/test_program.py": tests})
    mended = await folder.mend(UNITTEST, fixers=[EditSearch()])
    assert mended.leftovers == ()
    assert folder.texts()["program.py"] == source.replace("min", "max")


async def test_two_faults_in_two_functions_are_mended_one_by_one(tmp_path: Path) -> None:
    source = "def area(a, b):\n    return a + b\n\n\ndef longest(words):\n    return min(words, key=len)\n"
    tests = (
        "from program import area, longest\n\n\ndef test_area():\n    assert area(3, 4) == 12\n\n\n"
        "def test_longest():\n    assert longest(['a', 'bcd', 'ef']) == 'bcd'\n"
    )
    folder = Folder(tmp_path, {"program.py": source, "tests/test_program.py": tests})
    mended = await folder.mend(PYTEST, fixers=[EditSearch()])
    assert mended.leftovers == ()
    assert folder.texts()["program.py"] == source.replace("a + b", "a * b").replace("min", "max")


async def test_what_no_edit_mends_stays_as_it_is(tmp_path: Path) -> None:
    source = "def parse(text):\n    raise NotImplementedError\n"
    tests = "from program import parse\n\n\ndef test_parse():\n    assert parse('a=1;b=2') == {'a': '1', 'b': '2'}\n"
    files = {"program.py": source, "tests/test_program.py": tests}
    folder = Folder(tmp_path, files)
    mended = await folder.mend(PYTEST, fixers=[EditSearch()], seconds=20)
    assert mended.mends == ()
    assert folder.texts() == files


async def test_a_fixture_and_parameters_work_in_forked_children(tmp_path: Path) -> None:
    tests = (
        "import pytest\nfrom program import clamp\n\n\n@pytest.fixture(scope='module')\n"
        "def limits():\n    return 0, 10\n\n\n"
        "@pytest.mark.parametrize(('value', 'right'), [(-5, 0), (5, 5), (50, 10)])\n"
        "def test_clamp(limits, value, right, tmp_path, capsys):\n    assert clamp(value, *limits) == right\n"
    )
    source = "def clamp(value, low, high):\n    return max(low, min(value, low))\n"
    folder = Folder(tmp_path, {"program.py": source, "tests/test_program.py": tests})
    mended = await folder.mend(PYTEST, fixers=[EditSearch()])
    assert mended.leftovers == ()
    assert folder.texts()["program.py"] == source.replace("value, low))", "value, high))")


@pytest.mark.parametrize(
    ("command", "runner"),
    [
        ("pytest -q", Runner("pytest", "python", ("-q",), False)),
        ("python3 -m pytest tests --junitxml=x.xml", Runner("pytest", "python3", ("tests",), True)),
        ("uv run pytest", Runner("pytest", "uv run python", (), False)),
        ("PYTHONPATH=src .venv/bin/python -m pytest", Runner("pytest", "PYTHONPATH=src .venv/bin/python", (), True)),
        ("python -m unittest discover -s t", Runner("unittest", "python", ("discover", "-s", "t"), True)),
        ("tox -e py", None),
        ("cd x/y && pytest -q", Runner("pytest", "python", ("-q",), False, "x/y")),
        ("cd 'a b' && python -m pytest", Runner("pytest", "python", (), True, "a b")),
        ("cd .. && pytest", None),
        ("cd /x && pytest", None),
        ("cd $HOME && pytest", None),
        ("cd x && cd y && pytest", None),
    ],
)
def test_how_a_check_calls_its_runner(command: str, runner: Runner | None) -> None:
    assert runner_of(command) == runner


def test_every_candidate_parses_or_is_the_compilers_to_refuse_and_none_touches_what_is_around() -> None:
    text = (
        "# head\nclass A:\n    def f(self, items, n=1):\n        '''Say «é».'''\n        total = 0  # sum\n"
        "        for i in range(len(items) - n):\n            if not items[i] or (i < n and self.ok):\n"
        "                total += items[i : i + n][0]\n        return {'a': total}.get('a', n)\n\n\nx = 1  # tail\n"
    )
    source = Source(text)
    scene = next(scene for scene in scenes("a.py", source) if scene.unit.function)
    found = list(Queue([Place(0, scene, dict.fromkeys(range(1, 20), 1.0), 1.0)], {}))
    assert len(found) > 300
    for candidate in found:
        ((_, edit),) = candidate.edits
        after = edited(text, [edit])
        assert after != text
        assert after.startswith("# head\nclass A:\n    def f(self")
        assert after.endswith("\n\n\nx = 1  # tail\n")
        ast.parse(after)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)


class Counting(Source):
    """Counts the questions of those that make candidates."""

    asked = 0

    def span(self, node: Any) -> tuple[int, int]:
        self.asked += 1
        return super().span(node)


def test_candidates_are_made_when_they_are_due() -> None:
    text = "".join(
        f"def f{n}(a, b):\n    if a < {n}:\n        return a + b\n    return a - b\n\n\n" for n in range(40)
    )
    source = Counting(text)
    found = list(enumerate(scenes("a.py", source)))
    weights = [1.0 if number == 7 else 0.1 for number, _ in found]
    lines = [dict.fromkeys(range(text.count("\n")), weight) for weight in weights]
    queue = iter(Queue([Place(number, scene, lines[number], weights[number]) for number, scene in found], {}))
    before = source.asked
    assert {candidate.edits[0][0] for candidate in islice(queue, 20)} == {7}
    few = source.asked - before
    assert len(list(queue)) > 500
    assert few < (source.asked - before) / 10


@pytest.mark.parametrize("name", ["json/decoder.py", "heapq.py", "dataclasses.py", "asyncio/queues.py"])
def test_every_template_can_read_programs_it_has_not_seen(name: str) -> None:
    source = Source((Path(json.__file__).parents[1] / name).read_text())
    for scene in scenes(name, source):
        for node in scene.nodes:
            for rule in RULES:
                if isinstance(node, rule.kinds) and (scene.unit.function or not isinstance(node, ast.stmt)):
                    for edit in rule.make(scene, node):
                        assert edit.prior <= rule.most
                        assert 0 <= edit.start <= edit.end <= len(source.text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a, b):\n    if a is None:\n        return b\n", "if a is None or b is None:"),
        ("def f(a):\n    if a:\n        return 1\n", "if a is not None:"),
        ("def f(a):\n    return a or 1\n", "return a if a is not None else 1"),
        ("def f(a):\n    return isinstance(a, str)\n", "isinstance(a, (str, bytes))"),
        ("def f(a, b, c):\n    return a and b or c\n", "return a and (b or c)"),
        ("def f(a):\n    return g(a)\n\n\ndef g(a, deep=False):\n    return a\n", "return g(a, deep=True)"),
        ("def f(a):\n    return g(a, 1)\n\n\ndef h(a):\n    g(a, 1, mode='x')\n", "return g(a, 1, mode='x')"),
        ("def f(a):\n    return a\n\n\ndef g(a):\n    return h(a).decode('ascii')\n", "return a.decode('ascii')"),
        ("def f(a):\n    return a\n\n\ndef g(a):\n    if a < 0:\n        raise ValueError(a)\n", "if a < 0:"),
        ("def f(a):\n    if a:\n        a += 'x'\n    return a\n\n\ndef g(b):\n    return 'y' + b\n", "a += 'y'"),
        ("def f(a):\n    try:\n        a()\n    except KeyError:\n        pass\n", "except (KeyError, OSError):"),
        ("class A:\n def f(self):\n  self.a = 1\n\n def g(self):\n  return self.a\n", "self.a = 1\n  return"),
        ("class A:\n def f(s, a):\n  s.a = a\nclass B(A):\n def f(self, b, a):\n  self.b = b\n", "super().f(a)"),
        ("import re\nA = re.compile(r'<(.*)>=(.+)')\n", "re.compile(r'<(.*?)>=(.+?)')"),
        ("import re\n\n\ndef f(a):\n    return re.findall(r'a.b', a)\n", r"r'a\.b'"),
        ("import re\n\n\ndef f(a):\n    return re.search('[a-z]', a)\n", "'[a-z]+'"),
        ("import re\n\n\ndef f(a):\n    return re.match('[+*]x+?', a)\n", "'[+*]x+'"),
        ("import re\nA = re.compile('a')\n", "re.compile('a', re.IGNORECASE)"),
        ("def f(a):\n    return f'{a:x} and {a:.1f}'\n", "f'{a:02x} and {a:.1f}'"),
        ("def f(a):\n    return f'{a:x} and {a:.1f}'\n", "f'{a:x} and {a:.2f}'"),
        ("def f(a):\n    return f'{{a}} {a}'\n", "f'{{a}} {a:02d}'"),
        ("def f(a):\n    return '%s %d' % (a, 1)\n", "'%s %02d'"),
        ("def f(a):\n    return '{:>8}'.format(a)\n", "'{:<8}'.format(a)"),
        ("def f(a):\n    return a.strftime('%d.%m.%y')\n", "'%d.%m.%Y'"),
        ("def f(a, b):\n    a = -b\n    b = a\n", "    a, b = -b, a\n"),
        ("def f(a, b, n):\n    return a < n and b < n\n", "0 <= a < n and 0 <= b < n"),
        ("def f(a, b):\n    return a - b, 7\n", "(a - b) % 7, 7"),
        ("def f(a):\n    return sorted(a, key=lambda b: (b.x, b.y), reverse=True)\n", "key=lambda b: (-b.x, b.y))"),
        ("def f(a):\n    return a.replace('a', 'b').strip()\n", "a.strip().replace('a', 'b')"),
        ("def f(a):\n    a.x()\n    a.y()\n    a.z()\n", "    a.y()\n    a.z()\n    a.x()\n"),
        ("def f(a):\n    a.x()\n    a.y()\n    a.z()\n", "    a.z()\n    a.x()\n    a.y()\n"),
        ("def f(a, b, c):\n    if b not in a:\n        a[b] = c\n", "if b not in a or c < a[b]:"),
        ("def f(a):\n    if a:\n        return\n    a.y()\n", "    a.y()\n    if a:\n        return\n"),
    ],
)  # fmt: skip
def test_what_other_places_of_the_file_have_is_tried(before: str, after: str) -> None:
    source = Source(before)
    lines = dict.fromkeys(range(1, 20), 1.0)
    places = [Place(number, scene, lines, 1.0) for number, scene in enumerate(scenes("a.py", source))]
    texts = [edited(before, [candidate.edits[0][1]]) for candidate in Queue(places, {})]
    assert any(after in text for text in texts)


@pytest.mark.parametrize(
    ("before", "beside", "after"),
    [
        ("def f(a):\n    return a\n", "def f(a):\n    a = a.strip('x')\n    return a\n", "    a = a.strip('x')\n"),
        ("def f(a):\n    return a\n", "def g(a):\n    if a > 7:\n        return 0\n    return a\n", "if a > 7:"),
        ("def f(a):\n    if a:\n        return 1\n", "def g(a):\n    if f and a > 7:\n        g()\n", "a and a > 7:"),
        ("def f(a):\n    return len(a, 1)\n", "def g():\n    return len(1, 1, mode='x')\n", "len(a, 1, mode='x')"),
        ("def f(a):\n    return a\n", "def g(a):\n    return a.decode('ascii')\n", "return a.decode('ascii')"),
        ("def f(a):\n    return a.first\n", "def g(a):\n    return a.second\n", "return a.second"),
        ("def f(a):\n    return a['total']\n", "def g(a):\n    return a['totals']\n", "return a['totals']"),
    ],
)  # fmt: skip
def test_what_other_modules_of_the_package_have_is_tried(
    tmp_path: Path, before: str, beside: str, after: str
) -> None:
    for name, text in {"a.py": before, "b.py": beside, "test_b.py": "unread", "c.py": "def broken(:"}.items():
        (tmp_path / name).write_text(text)
    path, source = str(tmp_path / "a.py"), Source(before)
    lines = dict.fromkeys(range(1, 20), 1.0)
    found = {}
    for ingredients in (Ingredients(source), Package({path: source}).of(path)):
        places = [Place(i, scene, lines, 1.0) for i, scene in enumerate(scenes(path, source, ingredients))]
        found[ingredients] = [edited(before, [candidate.edits[0][1]]) for candidate in Queue(places, {})]
    assert [any(after in text for text in texts) for texts in found.values()] == [False, True]


def test_other_modules_are_read_only_when_nothing_likelier_is_left(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("def g(a):\n    a = a.strip('x')\n")
    path, source = str(tmp_path / "a.py"), Source("class A(B):\n    def f(self, a):\n        return a\n")
    ingredients = Package({path: source}).of(path)
    places = [Place(i, scene, {3: 1.0}, 1.0) for i, scene in enumerate(scenes(path, source, ingredients))]
    queue = iter(Queue(places, {}))
    first = [next(queue) for _ in range(10)]
    assert "beside" not in vars(ingredients)
    last = list(queue)
    assert "beside" in vars(ingredients)
    assert first[-1].score > last[-1].score


def test_what_was_learnt_says_when_a_candidate_is_tried_and_not_what_it_counts() -> None:
    scene = next(scenes("a.py", Source("def f(a, b):\n    c = a + b\n    return a if c < b else c\n")))
    places = [Place(0, scene, {2: 1.0, 3: 1.0}, 1.0)]
    plain = list(Queue(places, {}))
    learnt = list(Queue(places, {"names": 3.0, "comparisons": 0.001}))
    assert [each.rule for each in plain].index("comparisons") < [each.rule for each in plain].index("names")
    assert learnt[0].rule == "names"
    assert learnt[-1].rule == "comparisons"
    scores = {each.edits: each.score for each in plain}
    assert all(each.score == scores.get(each.edits, each.score) for each in learnt)


def test_functions_where_tests_fail_and_that_they_speak_of_come_first() -> None:
    text = (
        "def first(a):\n    return second(a)\n\n\ndef second(a):\n    return a.x\n\n\ndef third(a):\n    return a\n"
    )
    record = {
        "name": "t.py::test_third", "passed": False, "raised": "AttributeError: x",
        "frames": [["a.py", 2], ["a.py", 6]], "lines": {"a.py": [2, 6, 10]},
        "depths": [["a.py", 1, 1], ["a.py", 5, 2], ["a.py", 9, 2]],
    }  # fmt: skip
    suspicion = Suspicion([record])
    of = {scene.unit.name: max(suspicion.of(scene.unit).values()) for scene in scenes("a.py", Source(text))}
    assert of["second"] > of["third"] > of["first"] > 0
    assert suspicion.raised == ("AttributeError",)


@pytest.mark.parametrize(
    ("constant", "said", "becomes"),
    [
        ("Hello %s!", "assert 'Hello Bob!' == 'Hello, Bob!'", "Hello, %s!"),
        ("no such fle", "'no such fle: a' != 'no such file: a'", "no such file"),
        ("a-b-c", "assert 'x' in 'xyz'", ""),
    ],
)
def test_a_text_is_changed_as_tests_say_what_they_wanted(constant: str, said: str, becomes: str) -> None:
    scene = next(scenes("a.py", Source(f"def f(a):\n    return {constant!r} + a\n")))
    scene.compared = pairs([said])
    places = [Place(0, scene, {2: 1.0}, 1.0)]
    texts = [candidate.edits[0][1].text for candidate in Queue(places, {})]
    assert (repr(becomes) in texts) == bool(becomes)
    assert bool(scene.compared) == bool(becomes)


@pytest.mark.parametrize(
    ("traced", "plain", "shares"),
    [([0.0], [0.0], (0.1, 0.0)), ([0.01, 0.02], [0.005, 0.002], (0.5, 0.5)), ([0.001], [0.004], (1.0, 1.0))],
)
def test_time_without_the_tracer_is_told_by_any_clock(
    traced: list[float], plain: list[float], shares: tuple[float, float]
) -> None:
    assert untraced_shares(traced, plain) == pytest.approx(shares)
