"""Conflicts that a merge left: a side only where the checks single it out, both where neither alone will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import MergeConflicts
from journeyman.repair.fixers.syntax.conflicts import conflicts
from tests.repair.shell import PYTEST, Folder

BASE = "||||||| base\nRATE = 0\n"
CONFLICT = "<<<<<<< HEAD\n{ours}{base}=======\n{theirs}>>>>>>> topic\n"
TEST = "from a import rate\n\n\ndef test_rate():\n    assert rate() == 2\n"
PARSES = Check("json", "python -m json.tool data.json", CheckKind.BUILD)


def conflict(ours: str, theirs: str, base: str = "") -> str:
    return CONFLICT.format(ours=f"{ours}\n", theirs=f"{theirs}\n", base=base)


def folder(root: Path, **files: str) -> Folder:
    (root / "tree").mkdir()
    return Folder(root / "tree", {name.replace("__", "."): text for name, text in files.items()})


@pytest.mark.parametrize("base", ["", BASE])
async def test_the_side_that_the_tests_want_is_kept(tmp_path: Path, base: str) -> None:
    source = conflict("RATE = 1", "RATE = 2", base) + "\n\ndef rate():\n    return RATE\n"
    tree = folder(tmp_path, a__py=source, test_a__py=TEST)
    mended = await tree.mend(PYTEST, fixers=[MergeConflicts()])
    assert mended.leftovers == ()
    assert tree.texts()["a.py"] == "RATE = 2\n\n\ndef rate():\n    return RATE\n"


async def test_each_conflict_has_its_own_side(tmp_path: Path) -> None:
    source = conflict("ONE = 1", "ONE = 0") + conflict("TWO = 0", "TWO = 1")
    source += "\n\ndef rate():\n    return ONE + TWO\n"
    tree = folder(tmp_path, a__py=source, test_a__py=TEST)
    assert (await tree.mend(PYTEST, fixers=[MergeConflicts()])).leftovers == ()
    assert tree.texts()["a.py"].startswith("ONE = 1\nTWO = 1\n")


async def test_where_both_sides_satisfy_none_is_chosen(tmp_path: Path) -> None:
    source = conflict("FEE = 1", "FEE = 2") + "\n\ndef rate():\n    return 2\n"
    tree = folder(tmp_path, a__py=source, test_a__py=TEST)
    mended = await tree.mend(PYTEST, fixers=[MergeConflicts()])
    assert mended.mends == ()
    assert ["+FEE" in choice.diff or "-FEE" in choice.diff for choice in mended.choices] == [True, True]
    assert tree.texts()["a.py"] == source


async def test_of_sides_that_differ_in_layout_alone_ours_is_kept(tmp_path: Path) -> None:
    source = "def rate():\n" + conflict("    return max(1, 2)", "    return max( 1,2 )")
    tree = folder(tmp_path, a__py=source, test_a__py=TEST)
    assert (await tree.mend(PYTEST, fixers=[MergeConflicts()])).leftovers == ()
    assert tree.texts()["a.py"] == "def rate():\n    return max(1, 2)\n"


@pytest.mark.parametrize("first", ["math", "sys"])
async def test_imports_of_both_sides_are_kept_together(tmp_path: Path, first: str) -> None:
    second = {"math": "sys", "sys": "math"}[first]
    source = conflict(f"import {first}", f"import {second}")
    source += "\n\ndef rate():\n    return math.floor(2.5) + 0 * sys.maxsize\n"
    tree = folder(tmp_path, a__py=source, test_a__py=TEST)
    mended = await tree.mend(PYTEST, fixers=[MergeConflicts()])
    assert mended.leftovers == ()
    assert tree.texts()["a.py"].startswith(f"import {first}\nimport {second}\n")


async def test_other_languages_are_resolved_too(tmp_path: Path) -> None:
    source = "{\n" + conflict('  "a": 1,', '  "a": 1') + "}\n"
    tree = folder(tmp_path, data__json=source)
    mended = await tree.mend(PARSES, fixers=[MergeConflicts()])
    assert mended.leftovers == ()
    assert tree.texts()["data.json"] == '{\n  "a": 1\n}\n'


async def test_a_conflict_in_a_test_stays(tmp_path: Path) -> None:
    files = {"a__py": "def rate():\n    return 2\n", "test_a__py": conflict("import a", "import b") + TEST}
    tree = folder(tmp_path, **files)
    assert (await tree.mend(PYTEST, fixers=[MergeConflicts()])).mends == ()
    assert tree.texts()["test_a.py"] == files["test_a__py"]


def test_a_heading_underlined_with_equals_is_no_conflict() -> None:
    assert conflicts("Title\n=======\n\ntext\n") == []
