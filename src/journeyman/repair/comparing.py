"""Whether a check came out better or worse than before."""

from __future__ import annotations

import re

from journeyman.domain.checks import CheckKind, CheckOutcome, TestStatus

_BLOCKING_CODE = re.compile(r"invalid-syntax|syntax|E999|E0001|TS1\d{3}")
_BLOCKING = re.compile(r"\b(?:SyntaxError|IndentationError|TabError|Parsing error|invalid syntax)\b")
_BAD = (TestStatus.FAILED, TestStatus.ERROR)


def better(before: CheckOutcome, after: CheckOutcome) -> bool:
    """Tell whether a failing check improved: it passes, or fails in fewer places and in no new one.

    A lint problem may change its words while the number shrinks. Tests that a broken import had hidden may
    fail once they run, if others pass by it and none that passed before fails; so may all that text hid which could
    not be read. What hangs now is no better, however little it came to say.
    """
    if after.timed_out and not before.timed_out:
        return False
    if after.passed or before.passed:
        return after.passed and not before.passed
    if _uncovered(before, after):
        return True
    old, new = before.failures(), after.failures()
    if new < old:
        return True
    if before.check.kind is not CheckKind.TEST:
        return after.readable and len(new) < len(old)
    return _passing(after) > _passing(before)


def worse(before: CheckOutcome, after: CheckOutcome) -> bool:
    """Tell whether something fails now that did not fail before."""
    if after.passed:
        return False
    if before.passed or (after.timed_out and not before.timed_out):
        return True
    if _uncovered(before, after):
        return False
    news = after.failures() - before.failures()
    if before.check.kind is not CheckKind.TEST:
        return bool(news) and len(after.failures()) >= len(before.failures())
    return bool(news) and not _passing(after) > _passing(before)


def _uncovered(before: CheckOutcome, after: CheckOutcome) -> bool:
    """Tell whether a check that complained of nothing but text that is no code sees code now, whatever it says of
    it, and all tests that passed still do."""
    seen = after.readable and _blocked(before) and not _mentions_blocking(after)
    return seen and _passing(before) <= _passing(after)


def _blocked(outcome: CheckOutcome) -> bool:
    """Tell whether all that a check complains of is text that is no code."""
    problems = [bool(_BLOCKING_CODE.fullmatch(p.code) or _BLOCKING.search(p.message)) for p in outcome.problems]
    tests = [bool(_BLOCKING.search(test.message)) for test in outcome.tests if test.status in _BAD]
    return bool(problems or tests) and all(problems) and all(tests)


def _mentions_blocking(outcome: CheckOutcome) -> bool:
    codes = any(_BLOCKING_CODE.fullmatch(problem.code) for problem in outcome.problems)
    return codes or bool(_BLOCKING.search(outcome.output))


def _passing(outcome: CheckOutcome) -> frozenset[str]:
    return frozenset(test.name for test in outcome.tests if test.status is TestStatus.PASSED)
