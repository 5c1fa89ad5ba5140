"""Mending without a model: fixers propose, the repository's own checks judge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from journeyman.domain.checks import Check, CheckOutcome, CheckReport


class Shell(Protocol):
    """Runs a command in the work tree's sandbox: what repair needs of it. Fitted by `wiring`."""

    async def run(self, command: str, timeout_seconds: float | None = None) -> tuple[int, str]:
        """Return the exit code and the output."""
        ...

    async def read_text(self, path: str) -> str | None:
        """Return a file's text; None if absent or not text."""
        ...

    async def write_text(self, path: str, text: str) -> None:
        """Write a whole file."""
        ...


class Bench(msgspec.Struct, frozen=True):
    """What a mender works on. `judge` runs a check again; `save` and `back` take and restore a snapshot.

    `report` is what fails now; `paths` are all files of the tree; `progress` takes a line for people.
    """

    shell: Shell
    report: CheckReport
    paths: Sequence[str]
    judge: Callable[[Check], Awaitable[CheckOutcome]]
    save: Callable[[], Awaitable[str]]
    back: Callable[[str], Awaitable[None]]
    progress: Callable[[str], Awaitable[None]]
    time_limit_seconds: float = 120.0


class Mend(msgspec.Struct, frozen=True):
    """One thing a fixer did and the check that proves it."""

    fixer: str
    summary: str
    check: str
    paths: tuple[str, ...]


class Leftover(msgspec.Struct, frozen=True):
    """Something still failing, and what a person could do next."""

    check: str
    what: str
    next_step: str


class Mended(msgspec.Struct, frozen=True):
    """What came of mending."""

    mends: tuple[Mend, ...] = ()
    leftovers: tuple[Leftover, ...] = ()


class Mender(Protocol):
    """Makes failing checks pass, by program."""

    async def mend(self, bench: Bench) -> Mended:
        """Try the fixers, cheapest first; keep what makes a failing check better and breaks no other; undo the rest.
        Tests are never edited."""
        ...
