"""Judging without a model: which checks a repository has, what their output says, what a change may not do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec

from journeyman.domain.changes import Change, Finding
from journeyman.domain.checks import Check, CheckOutcome


class Tree(msgspec.Struct, frozen=True):
    """A tree to look at: all paths, and the text of any of them (None if absent or binary)."""

    paths: tuple[str, ...]
    read: Callable[[str], Awaitable[str | None]]


class Raw(msgspec.Struct, frozen=True):
    """What running a check's command gave. `report` is the content of its report file, if it left one."""

    exit_code: int
    output: str
    seconds: float
    timed_out: bool = False
    report: str | None = None


class CheckFinder(Protocol):
    """Finds a repository's own checks."""

    async def find(self, tree: Tree, configured: Mapping[str, str] | None = None) -> tuple[Check, ...]:
        """Return the checks, cheapest first. `configured`: name -> command from the repository's settings or
        --validate, which replace the found ones."""
        ...


class OutcomeReader(Protocol):
    """Turns a command's output into tests and problems."""

    def read(self, check: Check, raw: Raw) -> CheckOutcome:
        """Return the outcome; unreadable output gives one with `readable=False`, never an error."""
        ...


class ChangeGate(Protocol):
    """Judges a change by program."""

    async def judge(
        self, change: Change, before: Tree, after: Tree, *, tests_are_the_task: bool
    ) -> tuple[Finding, ...]:
        """Return findings: weakened tests, secrets, files out of reach. `tests_are_the_task` allows edits of tests
        that the task itself asks for, never skipping, deleting or special-casing."""
        ...
