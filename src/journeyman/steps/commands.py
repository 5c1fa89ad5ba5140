"""What a step runs by itself, written down in order: the checks, and the mender's commands and snapshots."""

from __future__ import annotations

from typing import Protocol, TypeVar

import msgspec

from journeyman.domain.runs import Run
from journeyman.steps.desk import Desk
from journeyman.store import CommandRecord

Value = TypeVar("Value")


class Log(Protocol):
    """Where a step's commands are written down."""

    async def ended(self, command: str, value: Value, kind: type[Value]) -> Value:
        """Take in what came of a command and return what the step goes on with."""
        ...


class Unrecorded:
    """The log of work that belongs to no run."""

    async def ended(self, command: str, value: Value, kind: type[Value]) -> Value:
        """Return what came of a command as it is."""
        return value


class CommandLog:
    """The record of one step. What comes back from it is what was written, so that a replay sees the same."""

    def __init__(self, desk: Desk, run: Run, step: str) -> None:
        self._desk = desk
        self._run_id = run.run_id
        self._step = step
        self._number = 0

    @classmethod
    async def begin(cls, desk: Desk, run: Run, step: str, round_number: int) -> CommandLog:
        """Return the empty record of a step: what an earlier try of it ran is forgotten."""
        log = cls(desk, run, f"{step}/{round_number}")
        await desk.commands.begin(run.run_id, log._step)
        return log

    async def ended(self, command: str, value: Value, kind: type[Value]) -> Value:
        """Record what came of a command and return it, both without secrets."""
        redactor = self._desk.redactor(self._run_id)
        text = redactor.json(msgspec.json.encode(value).decode())
        record = CommandRecord(self._step, self._number, redactor.text(command), text, self._desk.clock())
        self._number += 1
        kept = await self._desk.commands.ended(self._run_id, record)
        return msgspec.json.decode(kept.result, type=kind)
