"""What is done with patches that are not to be believed, and with faults of more than one place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from journeyman.repair.laboratory.inside.search.probing import NO_ANSWER, rivals
from journeyman.repair.laboratory.inside.search.queue import Candidate, Place, Queue
from journeyman.repair.laboratory.inside.search.scene import scenes
from journeyman.repair.laboratory.inside.search.source import Edit, Source
from journeyman.repair.laboratory.inside.search.weighing import does_less

from .shell import Folder
from .test_edit_search import project, search


def test_what_only_does_less_is_known() -> None:
    def edit(text: str, template: str) -> Edit:
        return Edit(0, 9, text, 0.1, 1, template)

    assert does_less(edit("pass", "deletion"))
    assert does_less(edit("False", "constant condition"))
    assert does_less(edit("return None", "returned value"))
    assert not does_less(edit("return total", "returned value"))
    assert not does_less(edit("0", "constant"))


def test_less_likely_rivals_count_where_many_behave_differently() -> None:
    def patch(score: float, *given: str) -> tuple[float, Candidate, list[tuple[str, str]]]:
        return score, Candidate((), score), [(each, "") for each in given]

    best, alike, other, third = patch(1.0, "1", "2"), patch(0.7, "1", "2"), patch(0.6, "1", "3"), patch(0.5, "4", "2")
    near = patch(0.9, "1", "3")
    assert [each.score for each, _ in rivals([best, alike, other])] == [1.0]
    assert [each.score for each, _ in rivals([best, near, other])] == [1.0, 0.9]
    assert [each.score for each, _ in rivals([best, alike, other, third])] == [1.0, 0.7, 0.6, 0.5]
    unheard = patch(0.6, "1", NO_ANSWER[0])
    assert [each.score for each, _ in rivals([best, other, unheard])] == [1.0]


async def test_a_condition_that_the_tests_do_not_need_is_not_mended_but_shown(tmp_path: Path) -> None:
    source = "def alike(one, other):\n    return one.strip() != other.strip()\n"
    thin = "def test_alike():\n    assert alike('a', 'a ')\n"
    folder = Folder(tmp_path / "thin", project(source, thin))
    mended, _ = await search(folder)
    assert mended.mends == ()
    assert "doubtful: the tests pass as well with `True`" in mended.choices[0].summary
    enough = Folder(tmp_path / "enough", project(source, f"{thin}    assert not alike('a', 'b')\n"))
    mended, _ = await search(enough)
    assert enough.texts()["program.py"] == source.replace("!=", "==")


async def test_two_edits_each_of_which_makes_a_test_pass_are_found_together(tmp_path: Path) -> None:
    source = (
        "def label(name, count, width):\n    text = name.strip()\n    if count < 1:\n"
        "        text = text + 's'\n    return text.rjust(width)\n"
    )
    tests = (
        "def test_one():\n    assert label(' cat', 1, 3) == 'cat'\n\n\n"
        "def test_wide():\n    assert label('cow', 1, 5) == 'cow  '\n\n\n"
        "def test_many():\n    assert label('dog', 2, 4) == 'dogs'\n\n\n"
        "def test_wide_and_many():\n    assert label('ox', 3, 6) == 'oxs   '\n"
    )
    folder = Folder(tmp_path, project(source, tests))
    mended, _ = await search(folder)
    assert (mended.leftovers, mended.choices) == ((), ())
    assert folder.texts()["program.py"] == source.replace("<", ">").replace("rjust", "ljust")


async def test_a_patch_for_all_failing_tests_goes_before_one_for_some(tmp_path: Path) -> None:
    source = (
        "def shown(number):\n    return '<%d>' * number\n\n\n"
        "def short(number):\n    return str(shown(number))\n\n\n"
        "def framed(number):\n    return '|' + shown(number) + '|'\n"
    )
    tests = (
        "def test_shown():\n    assert shown(3) == '<3>'\n    assert shown(12) == '<12>'\n\n\n"
        "def test_short():\n    assert short(1) == '<1>'\n\n\ndef test_framed():\n    assert framed(7) == '|<7>|'\n"
    )
    folder = Folder(tmp_path, project(source, tests))
    mended, _ = await search(folder)
    assert (mended.leftovers, mended.choices) == ((), ())
    assert folder.texts()["program.py"] == source.replace("'<%d>' * number", "'<%d>' % number")


async def test_faults_of_two_functions_that_different_tests_show_are_mended_one_by_one(tmp_path: Path) -> None:
    source = "def area(a, b):\n    return a + b\n\n\ndef last(words):\n    return words[0]\n"
    tests = "def test_area():\n    assert area(3, 4) == 12\n\n\ndef test_last():\n    assert last('abc') == 'c'\n"
    folder = Folder(tmp_path, project(source, tests + "    assert last([5, 6]) == 6\n"))
    mended, _ = await search(folder)
    assert mended.leftovers == ()
    assert "a * b" in folder.texts()["program.py"]


TESTS = {
    "a fixture of its own": ("def test_it(thing):\n    assert thing == [1]\n    thing.append(2)\n", True, True),
    "one that fails with it": ("def test_it(thing):\n    assert thing == [2]\n", True, False),
    "a parameter beside it": (
        "@pytest.mark.parametrize('n', [1])\ndef test_it(thing, n):\n    assert thing == [n]\n",
        True,
        True,
    ),
    "a folder of its own": ("def test_it(tmp_path):\n    (tmp_path / 'a').write_text('b')\n", True, True),
    "a fixture that the runner feeds": ("def test_it(capsys):\n    print(1)\n", False, True),
    "a mark that the runner reads": (
        "@pytest.mark.xfail\ndef test_it(thing):\n    assert thing == [2]\n",
        False,
        None,
    ),
}


@pytest.mark.parametrize("name", TESTS)
def test_fixtures_are_set_up_anew_each_time_a_test_runs_without_reports(tmp_path: Path, name: str) -> None:
    text, quick, passes = TESTS[name]
    (tmp_path / "conftest.py").write_text("import pytest\n\n\n@pytest.fixture\ndef thing():\n    return [1]\n")
    (tmp_path / "test_it.py").write_text(f"import pytest\n\n\n{text}")
    program = (
        "import json, sys\nfrom journeyman.repair.laboratory.inside.collecting import with_pytest\n"
        "def use(tests):\n"
        "    told = [[t.quick is not t.run, t.plain, t.quick(), t.quick(), t.run(), t.quick()] for t in tests]\n"
        "    open(sys.argv[1], 'w').write(json.dumps(told))\n"
        "with_pytest(['-q', 'test_it.py'], use)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "told.json")]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (told,) = json.loads((tmp_path / "told.json").read_text())
    assert told == [quick, not quick, passes, passes, passes, passes]


async def test_the_likeliest_patch_is_not_overtaken_because_it_takes_longer(tmp_path: Path) -> None:
    source = (
        "def climb(steps):\n    done = 0\n    for _ in range(steps * 10_000):\n        done += 1\n"
        "    return done // 10_000\n"
        "\n\ndef worth(steps):\n    if steps < 0:\n        return climb(steps)\n    return 0\n"
    )
    tests = (
        "def test_few():\n    assert worth(1) == 1\n\n\ndef test_many():\n    assert worth(150) == 150\n\n\n"
        "def test_none():\n    assert worth(0) == 0\n"
    )
    folder = Folder(tmp_path, project(source, tests))
    mended, _ = await search(folder)
    assert mended.leftovers == ()
    assert folder.texts()["program.py"] == source.replace("steps < 0", "steps > 0")


SHELF = (
    "class Shelf:\n    def __init__(self):\n        self.books = []\n\n    def put(self, book):\n"
    "        self.books.append(book)\n\n    def take(self, book):\n        return book\n\n"
    "    def has(self, book):\n        return book in self.books\n"
)
TAKEN = (
    "def test_taken():\n    shelf = Shelf()\n    shelf.put('a')\n    shelf.take('a')\n    assert not shelf.has('a')\n"
    "    assert shelf.has('b') is {}\n\n\ndef test_put():\n    shelf = Shelf()\n    shelf.put('c')\n"
    "    assert shelf.books == ['c']\n"
)


async def test_what_a_single_test_asks_is_not_turned_round_where_others_do_not_run_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "odd", project(SHELF, TAKEN.format(True)))
    mended, _ = await search(folder)
    assert mended.mends == ()
    assert any("of the tests that pass none runs it" in choice.summary for choice in mended.choices)


async def test_a_patch_for_one_of_several_failing_tests_is_shown_if_the_others_stay_unexplained(
    tmp_path: Path,
) -> None:
    source = (
        "def size(text):\n    return len(text.strip())\n\n\ndef double(text):\n    return size(text) + 2\n\n\n"
        "def name(text):\n    return str(size(text))\n"
    )
    one = "def test_double():\n    assert double('abcde') == 10\n\n\ndef test_size():\n    assert size('a') == 1\n"
    other = "\n\ndef test_name():\n    assert name('abc') == 'a thing that nobody can guess'\n"
    folder = Folder(tmp_path / "one", project(source, one))
    mended, _ = await search(folder)
    assert "it helps one of" not in str(mended)
    folder = Folder(tmp_path / "both", project(source, one + other))
    mended, _ = await search(folder)
    assert mended.mends == ()
    assert "it helps one of 2 failing tests that run the same code" in mended.choices[0].summary


async def test_a_parameter_that_nothing_would_read_any_more_stays(tmp_path: Path) -> None:
    source = (
        "class Bell:\n    def __init__(self):\n        self.state = 'new'\n        self.hooks = {}\n\n"
        "    def on(self, state, hook):\n        self.hooks.setdefault(state, []).append(hook)\n\n"
        "    def go(self, target):\n        previous = self.state\n        self.state = target\n"
        "        for hook in self.hooks.get(previous, ()):\n            hook(previous, target)\n"
    )
    tests = (
        "def test_go():\n    bell = Bell()\n    bell.go('paid')\n    assert bell.state == 'paid'\n\n\n"
        "def test_hook():\n    seen = []\n    bell = Bell()\n    bell.on('paid', lambda *both: seen.append(both))\n"
        "    bell.go('paid')\n    assert seen == [('new', 'paid')]\n"
    )
    folder = Folder(tmp_path, project(source, tests))
    mended, _ = await search(folder)
    assert "setdefault(self.state" not in folder.texts()["program.py"]
    assert any("`previous` becomes `target`" in each.summary for each in [*mended.mends, *mended.choices])


async def test_the_end_of_a_count_is_one_less(tmp_path: Path) -> None:
    source = (
        "def told(names, factor=2):\n    said = ''\n    for i in range(len(names)):\n        said += names[i]\n"
        "        if i == len(names):\n            said += '.' * 1\n    return said\n"
    )
    tests = (
        "def test_two():\n    assert told(['a', 'b']) == 'ab.'\n\n\ndef test_three():\n"
        "    assert told(['a', 'b', 'c']) == 'abc.'\n\n\ndef test_none():\n    assert told([]) == ''\n"
    )
    folder = Folder(tmp_path, project(source, tests))
    mended, _ = await search(folder)
    assert mended.leftovers == ()
    assert "if i == len(names) - 1:" in folder.texts()["program.py"]


async def test_patches_of_texts_are_told_apart_by_letters_of_the_other_case(tmp_path: Path) -> None:
    source = "def setting(text):\n    key, _, value = text.partition('=')\n    return {key: value}\n"
    tests = (
        "def test_plain():\n    assert setting('host=a') == {'host': 'a'}\n\n\n"
        "def test_case():\n    assert setting('Host=b') == {'host': 'b'}\n"
    )
    folder = Folder(tmp_path, project(source, tests))
    await search(folder)
    assert "text.lower()" not in folder.texts()["program.py"]


ABSOLUTE = "def absolute(value):\n    if value > 0:\n        return -value\n    return value\n"
RIGHT = "    assert [absolute(n) for n in (-3, 0, 2)] == [3, 0, 2]\n"


async def test_of_patches_that_do_the_same_the_smallest_is_taken(tmp_path: Path) -> None:
    """`not (value > 0)` passes as well, and so would pairs of edits."""
    folder = Folder(tmp_path, project(ABSOLUTE, f"def test_absolute():\n{RIGHT}"))
    mended, _ = await search(folder)
    assert folder.texts()["program.py"] == ABSOLUTE.replace(">", "<")
    assert "one of 2 edits that pass and do the same" in mended.mends[0].summary


async def test_few_of_many_candidates_are_tried_where_one_passes(tmp_path: Path) -> None:
    rows = "".join(f"    y = x * {n} + y if y > {n} else x - {n}\n" for n in range(12))
    source = f"def bent(x, y):\n{rows}    return y\n\n\n{ABSOLUTE}"
    tests = f"def test_bent():\n    bent(1, 2)\n\n\ndef test_both():\n    bent(1, 2)\n{RIGHT}"
    folder = Folder(tmp_path, project(source, tests))
    mended, seen = await search(folder)
    assert mended.leftovers == ()
    every = dict.fromkeys(range(source.count("\n")), 1.0)
    places = [Place(number, scene, every, 1.0) for number, scene in enumerate(scenes("a.py", Source(source)))]
    assert 10 * seen[-1].tried < len(list(Queue(places, {})))
