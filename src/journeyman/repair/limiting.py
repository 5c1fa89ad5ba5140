"""The time limit, kept: fixers get a bench on which nothing new begins once the time is used up."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from journeyman.domain.checks import Check, CheckOutcome
from journeyman.repair.contract import Bench, Heard, Shell

Left = Callable[[], float]
"""Seconds that are left."""

_PATIENCE = 2.0
_MORE = 5.0
"""A check may always take so many times what it took at first, and so many seconds more."""

_ONCE_BITTEN = 4.0
"""After a change made a check hang, others get that part of what is left."""

_LEAST = 1.0


class TimeUsedUp(Exception):
    """The time limit has come while a fixer was at work."""


class LimitedShell:
    """A shell that starts nothing when no time is left, and cuts off what would go beyond it."""

    def __init__(self, shell: Shell, left: Left) -> None:
        self._shell = shell
        self._left = left

    async def run(self, command: str, timeout_seconds: float | None = None) -> tuple[int, str]:
        """Return the exit code and the output. TimeUsedUp if there is no time."""
        left = self._left()
        if left <= 0:
            raise TimeUsedUp
        seconds = left if timeout_seconds is None else min(timeout_seconds, left)
        return await self._shell.run(command, max(_LEAST, seconds))

    async def timed(self, command: str, timeout_seconds: float, heard: Heard | None = None) -> tuple[int, str]:
        """Run a command that answers as far as it came in its own time."""
        return await self._shell.timed(command, timeout_seconds, heard)

    async def read_text(self, path: str) -> str | None:
        """Return a file's text; None if absent or not text."""
        return await self._shell.read_text(path)

    async def write_text(self, path: str, text: str) -> None:
        """Write a whole file."""
        await self._shell.write_text(path, text)


def patient(bench: Bench, left: Left) -> Bench:
    """Return the bench with a judge that does not wait for ever: a wrong change may make a check hang.

    Mended, a check may take longer than broken, so it gets all that is left, as long as none has hung. What is judged
    when the time is used up, to see how things stand, may take as long as the whole limit.
    """
    first = {outcome.check.name: outcome.seconds for outcome in bench.report.outcomes if not outcome.timed_out}
    hung: list[str] = []

    async def judge(check: Check) -> CheckOutcome:
        now = left() / (_ONCE_BITTEN if hung else 1.0) if left() > 0 else bench.time_limit_seconds
        seconds = max(now, _PATIENCE * first.get(check.name, 0.0) + _MORE)
        bounded = msgspec.structs.replace(check, timeout_seconds=min(check.timeout_seconds, seconds))
        outcome = await bench.judge(bounded)
        if outcome.timed_out:
            hung.append(check.name)
        return msgspec.structs.replace(outcome, check=check)

    return msgspec.structs.replace(bench, judge=judge)


def limited(bench: Bench, left: Left) -> Bench:
    """Return the bench as fixers get it: TimeUsedUp for what they begin when no time is left."""
    online = bench.online

    async def judge(check: Check) -> CheckOutcome:
        if left() <= 0:
            raise TimeUsedUp
        return await bench.judge(check)

    async def reach(command: str, seconds: float) -> tuple[int, str]:
        if left() <= 0 or online is None:
            raise TimeUsedUp
        return await online(command, max(_LEAST, min(seconds, left())))

    shell = LimitedShell(bench.shell, left)
    return msgspec.structs.replace(bench, judge=judge, shell=shell, online=reach if online else None)
