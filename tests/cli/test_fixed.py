"""What `journeyman fix` shows: everything it found, and nothing that a terminal would take for an order."""

from __future__ import annotations

import io
import json

import msgspec

from journeyman.cli.fixed import MOST_DIFF, as_object, report_of
from journeyman.cli.searching import SearchBar, line_of
from journeyman.domain.checks import Check, CheckKind, CheckOutcome, CheckReport
from journeyman.domain.diagnoses import Category, Diagnosis, Evidence
from journeyman.domain.fixing import Fixed, FixOptions
from journeyman.domain.mending import Choice, Flaky, Leftover, Mend, Mended, Searching, Suspect

CHECK = Check("tests", "pytest", CheckKind.TEST)
BEFORE = CheckReport((CheckOutcome(CHECK, 1, 1.0, "boom"),))
WHY = Diagnosis(Category.ASSERTION, "1 != 2", 90, "test_a.py", 3, (Evidence(7, "E   1 != 2"),))
DIFF = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-1\n+2\n"
FIXED = Fixed("/p", BEFORE, {"tests": (WHY,)}, Mended((), (), report=BEFORE))


def with_mended(**fields: object) -> Fixed:
    return msgspec.structs.replace(FIXED, mended=msgspec.structs.replace(FIXED.mended, **fields))


def shown(fixed: Fixed, *, colour: bool = False, apply: bool = True) -> str:
    return report_of(fixed, FixOptions(apply=apply), colour=colour)


def test_what_failed_and_why() -> None:
    text = shown(FIXED)
    assert "failed tests  pytest" in text
    assert " 90% test assertion  test_a.py:3  1 != 2" in text
    assert "7: E   1 != 2" in text
    assert "0 of 1 checks pass; nothing was changed" in text


def test_patches_that_differ_are_shown_with_what_tells_them_apart() -> None:
    choices = (Choice("tests", "first", DIFF, "f(0)", "1"), Choice("tests", "second", DIFF, "f(0)", "2"))
    text = shown(with_mended(choices=choices))
    assert "patches that pass and yet differ" in text
    assert "1. first  f(0) gives 1" in text
    assert "2. second  f(0) gives 2" in text


def test_a_patch_that_was_found_when_the_search_was_cut_off_is_not_said_to_pass() -> None:
    choices = (Choice("tests", "first", DIFF), Choice("tests", "best so far", DIFF, unproved=True))
    text = shown(with_mended(choices=choices))
    assert "a patch that passes, not applied\n  1. first" in text
    assert "found when it was interrupted: not proved by the check, not applied\n  1. best so far" in text


def test_flaky_tests_and_suspects_are_named() -> None:
    found = with_mended(
        flaky=(Flaky("test_a.py::test_it", 5, 2),),
        leftovers=(Leftover("tests", "test_it", "look"),),
        suspects=(Suspect("a.py", 2, "f", {"ochiai": 1.0}),),
    )
    text = shown(found)
    assert "test_a.py::test_it: failed in 2 of 5 runs; nothing was edited" in text
    assert "look at a.py:2 in f" in text


def test_orders_to_the_terminal_are_taken_out() -> None:
    evil = Diagnosis(Category.ASSERTION, "\033[2Jgone\x07", 90)
    fixed = msgspec.structs.replace(
        with_mended(leftovers=(Leftover("tests", "\033]0;title\x07", "\r"),)),
        diagnoses={"tests": (evil,)},
        diff="+\033[2J\n",
    )
    assert not {"\033", "\x07", "\r"} & set(shown(fixed))


def test_a_long_diff_is_cut_for_people_alone() -> None:
    fixed = msgspec.structs.replace(FIXED, diff="+x\n" * (MOST_DIFF + 7))
    assert "and 7 more lines" in shown(fixed)
    assert as_object(fixed, FixOptions())["diff"] == fixed.diff


def test_colour_is_for_those_who_want_it() -> None:
    fixed = msgspec.structs.replace(FIXED, diff=DIFF)
    assert "\033[32m+2\033[0m" in shown(fixed, colour=True)
    assert "\033" not in shown(fixed)


def test_a_patch_that_was_not_written_is_named() -> None:
    fixed = msgspec.structs.replace(FIXED, diff=DIFF, not_written="a.py changed", patch_file="/h/p.patch")
    assert "not written: a.py changed; the patch is kept: git apply /h/p.patch" in shown(fixed)
    assert not fixed.green


def test_the_object_is_json_whatever_was_found() -> None:
    mended = Mended(
        (Mend("f", "s", "tests", ("a.py",)),),
        (Leftover("tests", "x", "y"),),
        (Flaky("t", 5, 1),),
        (Suspect("a.py", 1, "f", {"ochiai": 0.5}),),
        (Choice("tests", "s", DIFF),),
        BEFORE,
    )
    told = json.loads(json.dumps(as_object(msgspec.structs.replace(FIXED, mended=mended), FixOptions(log=(WHY,)))))
    assert {len(told[name]) for name in ("mends", "left", "flaky", "suspects", "choices", "diagnoses", "log")} == {1}
    assert told["success"] is False


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_candidates_a_second_on_a_terminal_alone() -> None:
    searching = Searching("tests", 1234, 850.4, "a < b")
    line = line_of(searching, 30.0, 120.0)
    assert line.startswith("█" * 5 + "░")
    assert "tests: 1234 candidates, 850 a second, 30 of 120 s, best: a < b" in line
    assert "\033" not in line_of(Searching("tests", 1, 1.0, "\033[2J\ud800"), 1.0, 120.0)
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        bar = SearchBar(stream, 120.0)
        bar.show(searching)
        bar.clear()
    assert "1234 candidates" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")
    assert pipe.getvalue() == ""
