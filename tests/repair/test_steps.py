"""Faults that hide each other: what brings a check further is kept if what stands behind it can be mended too."""

from __future__ import annotations

from pathlib import Path

from journeyman.domain.checks import Check, CheckKind, CheckOutcome, Problem, TestCase, TestStatus
from journeyman.repair.comparing import ahead, better, unblocked, worse

from .shell import PYTEST, Folder

TEST = "from shop.till import total\n\n\ndef test_total():\n    assert total([1, 2]) == 'TOTAL 3'\n"
TILL = "from shop.words import shout\n\n\ndef total(prices):\n    return shout('total') + ' ' + str(sum(prices))\n"
WORDS = "def shout(word):\n    return word.upper()\n"


def shop(root: Path, till: str, words: str = WORDS) -> Folder:
    texts = {"shop/__init__.py": "", "shop/till.py": till, "shop/words.py": words, "tests/test_till.py": TEST}
    return Folder(root, texts)


async def test_faults_of_one_test_are_mended_one_behind_the_other(tmp_path: Path) -> None:
    wrong = TILL.replace("shop.words", "shop.wrods").replace("str(sum", "str(smu")
    folder = shop(tmp_path, wrong, WORDS.replace("upper", "uper"))
    mended = await folder.mend(PYTEST)
    assert mended.leftovers == ()
    assert len(mended.mends) == 3
    assert folder.texts()["shop/till.py"] == TILL
    assert folder.texts()["shop/words.py"] == WORDS


async def test_a_step_that_leads_nowhere_is_taken_back(tmp_path: Path) -> None:
    wrong = TILL.replace("str(sum(prices))", "srt(prices.totals.of_all)")
    folder = shop(tmp_path, wrong)
    mended = await folder.mend(PYTEST, seconds=15.0)
    assert [each.check for each in mended.leftovers] == ["pytest"]
    assert mended.mends == ()
    assert folder.texts()["shop/till.py"] == wrong
    assert not any(line.startswith("mended") for line in folder.lines)


def outcome(message: str, *passed: str, kind: CheckKind = CheckKind.TEST) -> CheckOutcome:
    check = Check("c", "c", kind)
    tests = [TestCase("t", TestStatus.FAILED, message), *(TestCase(name, TestStatus.PASSED) for name in passed)]
    return CheckOutcome(check, 1, 0.1, "", tests=tuple(tests))


def test_what_stopped_a_test_must_be_gone_for_it_to_be_ahead() -> None:
    before = outcome("NameError: name 'smu' is not defined", "other")
    assert ahead(before, outcome("AssertionError: assert 1 == 2", "other"))
    assert not ahead(before, outcome("NameError: name 'smu' is not defined", "other"))
    assert not ahead(before, outcome("AssertionError: assert 1 == 2"))  # one that passed does no more
    assert not ahead(before, outcome("SyntaxError: invalid syntax", "other"))
    assert not ahead(outcome("AssertionError: assert 1 == 2"), outcome("AssertionError: assert 3 == 2"))


def test_tests_that_run_at_last_are_no_worse_whatever_comes_of_them() -> None:
    before, after = outcome("ModuleNotFoundError: No module named 'a'"), outcome("AssertionError: assert 1 == 2")
    after = CheckOutcome(after.check, 1, 0.1, "", tests=(TestCase("t::one", TestStatus.FAILED, "assert 1 == 2"),))
    assert unblocked(before, after)
    assert not worse(before, after)
    assert not better(before, after)


def test_tests_that_cannot_be_built_are_no_worse_for_other_words_of_less() -> None:
    def built(*words: str) -> CheckOutcome:
        problems = tuple(Problem("a.go", 3, each) for each in words)
        return CheckOutcome(Check("test", "go test", CheckKind.TEST), 1, 0.1, "", problems=problems)

    assert not worse(built("undefined: strings", "undefined: os", "unused"), built("strings.Uper", "unused"))
    assert worse(built("undefined: strings"), built("strings.Uper"))


def test_a_compiler_that_stops_at_its_first_complaint_may_stop_at_the_next() -> None:
    def said(*words: str) -> CheckOutcome:
        problems = tuple(Problem("a.go", 3, each) for each in words)
        return CheckOutcome(Check("vet", "go vet", CheckKind.LINT), 1, 0.1, "", problems=problems)

    assert ahead(said("undefined: strings"), said("undefined: strings.Uper"))
    assert not worse(said("undefined: strings"), said("undefined: strings.Uper"))
    assert worse(said("one"), said("two", "three"))
    assert worse(said("one", "two"), said("one", "three"))
