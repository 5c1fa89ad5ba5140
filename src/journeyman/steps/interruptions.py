"""What may end or steer a step from outside: a person's word, and the time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from journeyman.domain.errors import Cancelled, LimitReached
from journeyman.domain.runs import Run, Word, WordKind
from journeyman.steps.desk import Desk

LOOK_EVERY = 0.5
"""Seconds between two looks while a step is at work."""

Returned = TypeVar("Returned")


class Interruptions:
    """Looks for what came up for one run. It is the coder's ear as well."""

    def __init__(self, desk: Desk, run: Run) -> None:
        self._desk = desk
        self._run = run

    async def check(self) -> None:
        """Raise Cancelled if a person cancelled, LimitReached if the time is over."""
        self._judge(await self._desk.mailbox.words(self._run.run_id, WordKind.CANCEL))

    async def heard(self, after: int) -> tuple[tuple[int, str], ...]:
        """Return what a person told the run after a word's number. Cancelled and LimitReached as `check`."""
        words = await self._desk.mailbox.news(self._run.run_id, after)
        self._judge(words)
        return tuple((word.number, word.text) for word in words)

    def _judge(self, words: tuple[Word, ...]) -> None:
        if any(word.kind is WordKind.CANCEL for word in words):
            raise Cancelled("cancelled by a person")
        limit, started = self._run.options.limits.time_limit_seconds, self._run.started_at
        if limit is None or started is None:
            return
        if (self._desk.clock() - started).total_seconds() > limit:
            advice = f"journeyman resume {self._run.run_id} --time-limit T goes on"
            raise LimitReached("time", f"the time limit of {limit / 60:g} minutes is over", advice)

    async def watch(self, work: Coroutine[Any, Any, Returned]) -> Returned:
        """Return what the work returns, or end it as soon as `check` raises."""
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=LOOK_EVERY))[0]:
                await self.check()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return task.result()
