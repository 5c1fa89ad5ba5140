"""What is done with patches that are not to be believed, and with faults of more than one place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from journeyman.repair.laboratory.inside.search.probing import NO_ANSWER, rivals
from journeyman.repair.laboratory.inside.search.queue import Candidate
from journeyman.repair.laboratory.inside.search.source import Edit
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
