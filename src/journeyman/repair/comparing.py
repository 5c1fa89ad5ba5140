"""Whether a check came out better or worse than before."""

from __future__ import annotations

from journeyman.domain.checks import CheckKind, CheckOutcome, TestStatus


def better(before: CheckOutcome, after: CheckOutcome) -> bool:
    """Tell whether a failing check improved: it passes, or fails in fewer places and in no new one.

    A lint problem may change its words while the number shrinks. Tests that a broken import had hidden may
    fail once they run, if others pass by it and none that passed before fails. What hangs now is no better, however
    little it came to say.
    """
    if after.timed_out and not before.timed_out:
        return False
    if after.passed or before.passed:
        return after.passed and not before.passed
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
    news = after.failures() - before.failures()
    if before.check.kind is not CheckKind.TEST:
        return bool(news) and len(after.failures()) >= len(before.failures())
    return bool(news) and not _passing(after) > _passing(before)


def _passing(outcome: CheckOutcome) -> frozenset[str]:
    return frozenset(test.name for test in outcome.tests if test.status is TestStatus.PASSED)
