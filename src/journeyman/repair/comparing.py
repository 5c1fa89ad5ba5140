"""Whether a check came out better or worse than before."""

from __future__ import annotations

import re

from journeyman.domain.checks import CheckKind, CheckOutcome, TestStatus

_BLOCKING_CODE = re.compile(r"invalid-syntax|syntax|E999|E0001|TS1\d{3}")
_BLOCKING = re.compile(r"\b(?:SyntaxError|IndentationError|TabError|Parsing error|invalid syntax)\b")
_IMPORTING = re.compile(
    r"\b(?:ModuleNotFoundError|ImportError)\b|Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND"
)
_COMPLAINT = re.compile(
    r"^(?:E?\s+|.*\bUncaught )?((?:[\w.]*(?:Error|Exception)(?: \[\w+\])?): .*|Cannot find module .*)$", re.M
)
_ONE_AT_A_TIME = re.compile(
    r"NameError|ImportError|ModuleNotFoundError|AttributeError|SyntaxError|IndentationError|ReferenceError|KeyError"
    r"|Cannot find module|is not a function|\w+\(\) (?:got|takes|missing)|fixture '\w+' not found"
)
"""What ends a test before it comes to the next fault."""

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


def ahead(before: CheckOutcome, after: CheckOutcome) -> bool:
    """Tell whether a check comes further than before, though as much fails: what stopped it is gone, and something
    else stops it now. Only what follows can show whether that was right."""
    if before.passed or after.passed or after.timed_out or not after.readable:
        return False
    if before.check.kind is not CheckKind.TEST:
        return _stopped_elsewhere(before, after)
    if not _passing(before) <= _passing(after):
        return False
    old, new = _complaints(before), _complaints(after)
    gone = any(_ONE_AT_A_TIME.search(words) for words in old - new)
    return gone and bool(new) and (unblocked(before, after) or not any(map(_BLOCKING.search, new)))


def _stopped_elsewhere(before: CheckOutcome, after: CheckOutcome) -> bool:
    """Tell whether a check had one complaint and has another one: compilers stop at the first."""
    single = len(before.failures()) == len(after.failures()) == 1 and before.failures() != after.failures()
    return single and not (_blocked(after) and not _blocked(before))


def unblocked(before: CheckOutcome, after: CheckOutcome) -> bool:
    """Tell whether tests that could not even be imported run now, whatever comes of them."""
    old = [test.message for test in before.tests if test.status in _BAD]
    stopped = bool(old) and all(_BLOCKING.search(words) or _IMPORTING.search(words) for words in old)
    new = [test.message for test in after.tests if test.status in _BAD]
    free = after.readable and bool(new) and not any(_BLOCKING.search(w) or _IMPORTING.search(w) for w in new)
    return stopped and free and _passing(before) <= _passing(after)


def _complaints(outcome: CheckOutcome) -> frozenset[str]:
    """Return what the failing tests of a check were stopped by, in the words of the exceptions."""
    words = "\n".join([outcome.output, *(test.message for test in outcome.tests if test.status in _BAD)])
    return frozenset(found[1].strip()[:200] for found in _COMPLAINT.finditer(words))


def worse(before: CheckOutcome, after: CheckOutcome) -> bool:
    """Tell whether something fails now that did not fail before."""
    if after.passed:
        return False
    if before.passed or (after.timed_out and not before.timed_out):
        return True
    if _uncovered(before, after) or unblocked(before, after):
        return False
    news = after.failures() - before.failures()
    if before.check.kind is not CheckKind.TEST:
        more = len(after.failures()) >= len(before.failures())
        return bool(news) and more and not _stopped_elsewhere(before, after)
    fewer = len(after.failures()) < len(before.failures())
    if fewer and all(each.startswith("problem ") for each in news):
        return False  # what keeps tests from being built: compilers tell of the next as one goes
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
