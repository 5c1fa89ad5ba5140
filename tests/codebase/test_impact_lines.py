"""Patches, and which lines of a program a change rests on. Pure."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from journeyman.codebase.impact.contract import ChosenTest
from journeyman.codebase.impact.lines import Lines
from journeyman.codebase.impact.ordering import Candidate, ordered, within
from journeyman.codebase.impact.patches import sides_of
from journeyman.codebase.impact.regions import Regions, regions_of
from journeyman.domain.changes import Side
from journeyman.domain.errors import BadRequest

PROGRAM = '''"""Sums."""

LIMIT = 3


def add(one, other):
    if one > LIMIT:
        return (
            one
            + other
        )
    return one


@staticmethod
def shown(text):
    return text.strip()


class Money:
    unit = "EUR"

    def worth(self):
        for each in self.coins:
            yield each
'''


def changed(old: str, new: str, *, count: int = 1) -> Regions:
    assert PROGRAM.count(old) >= 1
    side = Side("sums.py", PROGRAM.encode(), PROGRAM.replace(old, new, count).encode())
    return regions_of(Lines(side))


def lines_of(regions: Regions) -> set[int]:
    return {line for line in range(100) if regions.lines >> line & 1}


@pytest.mark.parametrize(
    ("old", "new", "lines", "names", "module"),
    [
        ("+ other", "- other", {8, 9, 10, 11}, set(), False),  # the statement that it is in, all of its lines
        ("one > LIMIT", "one < LIMIT", {7}, set(), False),
        ("    return one\n", "", {12}, set(), False),
        ("    return one\n", "    one = 2\n    return one\n", {7, 8, 9, 10, 11, 12}, set(), False),  # put in
        ("    return one\n", "    LIMIT = one\n", {7, 8, 9, 10, 11, 12}, set(), False),  # LIMIT is local now
        ("yield each", "print(each)", {24, 25}, set(), False),  # no generator any more
        ("def add(one, other)", "def add(one, other=1)", {7, 8, 9, 10, 11, 12}, set(), False),
        ("@staticmethod", "@classmethod", {17}, set(), True),
        ("LIMIT = 3", "LIMIT = 4", set(), {"LIMIT"}, True),
        ('"EUR"', '"USD"', {24, 25}, {"Money", "unit"}, True),
        ('"""Sums."""', '"""Sums!"""', set(), set(), False),
        ("class Money:", "def fresh():\n    pass\n\n\nclass Money:", set(), {"fresh"}, False),
        ("    def worth", "    def more(self):\n        pass\n\n    def worth", {24, 25}, {"more"}, False),
        ("(\n            one\n            + other\n        )", "one + other", set(), set(), False),  # layout
    ],
)
def test_a_change_rests_on_what_must_have_run_for_it(old, new, lines, names, module) -> None:
    found = changed(old, new)
    assert (lines_of(found), found.names, found.module) == (lines, names, module)


def test_comments_mean_nothing_and_broken_python_everything() -> None:
    assert changed("    return one\n", "    # as it was\n    return one\n").nothing
    assert changed("def add", "def add)").broken


def test_a_function_that_is_gone_is_asked_for_by_its_name() -> None:
    found = changed("@staticmethod\ndef shown(text):\n    return text.strip()\n", "")
    assert found.names >= {"shown"}
    assert found.module
    assert lines_of(found) >= {17}


texts = some.lists(some.integers(0, 30), unique=True, max_size=12).map(
    lambda numbers: "".join(f"line {number}\n" for number in numbers)
)


@settings(max_examples=25, deadline=None)
@given(texts, texts, some.booleans(), some.booleans())
def test_a_patch_is_read_on_both_sides(tmp_path_factory, old: str, new: str, ends: bool, applied: bool) -> None:
    before, after = (text.rstrip("\n") if not ends and text.strip("\n") else text for text in (old, new))
    folder = tmp_path_factory.mktemp("patch")
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    (folder / "a/x y.py").write_text(before)
    (folder / "b/x y.py").write_text(after)
    patch = subprocess.run(
        ["git", "diff", "--no-index", "--no-prefix", "a/x y.py", "b/x y.py"], cwd=folder, capture_output=True
    ).stdout
    lying = (after if applied else before).encode()
    found = sides_of(patch, lambda path: lying if path == "x y.py" else None)
    assert found == ([Side("x y.py", before.encode(), after.encode())] if before != after else [])


def test_files_that_come_go_and_move(tmp_path: Path) -> None:
    patch = b"""diff --git a/gone.py b/gone.py
deleted file mode 100644
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-x = 1
diff --git a/old.py b/new.py
similarity index 100%
rename from old.py
rename to new.py
diff --git a/empty.py b/empty.py
new file mode 100644
"""
    lying = {"gone.py": b"x = 1\n", "old.py": b"y = 2\n"}
    assert sides_of(patch, lying.get) == [
        Side("gone.py", b"x = 1\n", None),
        Side("old.py", b"y = 2\n", None),
        Side("new.py", None, b"y = 2\n"),
        Side("empty.py", None, b""),
    ]


@pytest.mark.parametrize(
    "patch",
    [
        b"no patch at all",
        b"--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-never there\n+nor this\n",
        b"--- a/../x.py\n+++ b/../x.py\n@@ -1 +1 @@\n-a\n+b\n",
    ],
)
def test_what_is_no_patch_of_this_tree_is_refused(patch: bytes) -> None:
    with pytest.raises(BadRequest):
        sides_of(patch, lambda path: b"a\n")


def candidate(name: str, seconds: float, lines: int, confidence: float = 1.0) -> Candidate:
    return Candidate(name, confidence, "", seconds, {"a.py": lines})


def test_tests_that_add_most_in_the_least_time_come_first() -> None:
    tests = [candidate("slow", 1.0, 0b1111), candidate("quick", 0.1, 0b0011), candidate("other", 0.1, 0b1100)]
    tests += [candidate("same", 0.1, 0b0001), candidate("unsure", 0.1, 0b1111, 0.3)]
    names = [each.name for each in ordered(tests, [])]
    assert set(names[:2]) == {"quick", "other"}
    assert names[-1] == "unsure"
    assert sorted(names) == sorted(each.name for each in tests)


def test_among_equals_the_name_decides() -> None:
    tests = [
        candidate("tests/test_a.py::test_of_storks", 0.1, 1),
        candidate("tests/test_b.py::test_of_cranes", 0.1, 1),
    ]
    assert next(iter(ordered(tests, ["crane"]))).name.endswith("cranes")


def test_a_limit_on_the_time_keeps_the_first_that_fit() -> None:
    tests = [ChosenTest(name, "", 1.0, seconds) for name, seconds in (("a", 2.0), ("b", 5.0), ("c", 1.0))]
    assert [test.name for test in within(tests, 3.0)] == ["a", "c"]
    assert [test.name for test in within(tests, 0.0)] == ["a"]
