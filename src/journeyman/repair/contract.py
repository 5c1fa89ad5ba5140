"""Mending without a model: fixers propose, the repository's own checks judge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from journeyman.domain.checks import Check, CheckOutcome, CheckReport
from journeyman.domain.mending import Choice, Discovery, Flaky, Leftover, Mend, Mended, Searching, Suspect
from journeyman.domain.suspicion import Suspicion

__all__ = [
    "Bench",
    "Choice",
    "Discovery",
    "Flaky",
    "Heard",
    "Leftover",
    "Localiser",
    "Mend",
    "Mended",
    "Mender",
    "Searching",
    "Shell",
    "Suspect",
    "unkept",
    "unwatched",
]


Heard = Callable[[str], Awaitable[None]]
"""Takes what a command says as it comes, in pieces; it raises nothing."""


class Shell(Protocol):
    """Runs a command in the work tree's sandbox: what repair needs of it. Fitted by `wiring`."""

    async def run(self, command: str, timeout_seconds: float | None = None) -> tuple[int, str]:
        """Return the exit code and the output."""
        ...

    async def timed(self, command: str, timeout_seconds: float, heard: Heard | None = None) -> tuple[int, str]:
        """Run a command that answers as far as it came in its time: asked again, it may answer something else.

        `heard` is told of its output meanwhile, where that is possible.
        """
        ...

    async def read_text(self, path: str) -> str | None:
        """Return a file's text; None if absent or not text."""
        ...

    async def write_text(self, path: str, text: str) -> None:
        """Write a whole file."""
        ...


async def unwatched(_: Searching) -> None:
    """Take no note of a search."""


async def unkept(_: Mended, __: str) -> None:
    """Take no note of what was kept."""


class Bench(msgspec.Struct, frozen=True):
    """What a mender works on. `judge` runs a check again; `save` and `back` take and restore a snapshot.

    `report` is what fails now; `paths` are all files of the tree; `progress` takes a line for people, `watch` how far
    a search has come, `kept` what came of it so far and its snapshot, after each change that stays and each patch
    that a search finds: all that is left of a mending that is cancelled. `allow_oracle_changes`: snapshots and
    generated expectations may be made anew. `apply_first`: of several patches that differ, the likeliest may be
    applied. `explain`: find out first where the faults seem to be. `online` runs a command that reaches what installs
    may reach, in the same tree; `rebuild` makes the environment anew after manifests changed. `files` lists what a
    snapshot holds. None: not possible here.
    """

    shell: Shell
    report: CheckReport
    paths: Sequence[str]
    judge: Callable[[Check], Awaitable[CheckOutcome]]
    save: Callable[[], Awaitable[str]]
    back: Callable[[str], Awaitable[None]]
    progress: Callable[[str], Awaitable[None]]
    time_limit_seconds: float = 120.0
    allow_oracle_changes: bool = False
    apply_first: bool = False
    explain: bool = False
    watch: Callable[[Searching], Awaitable[None]] = unwatched
    kept: Callable[[Mended, str], Awaitable[None]] = unkept
    online: Callable[[str, float], Awaitable[tuple[int, str]]] | None = None
    rebuild: Callable[[], Awaitable[None]] | None = None
    files: Callable[[str], Awaitable[Sequence[str]]] | None = None


class Localiser(Protocol):
    """Tells where a failing check's fault is likely to be. Changes nothing but what the tests themselves write."""

    async def suspicion(
        self,
        shell: Shell,
        paths: Sequence[str],
        outcome: CheckOutcome,
        seconds: float,
        recent: Mapping[str, frozenset[int]] | None = None,
    ) -> Suspicion | None:
        """Return the suspects of a failing check; None if it cannot be looked into. It takes `seconds` at most.

        `recent`: lines that were changed lately, by path.
        """
        ...


class Mender(Protocol):
    """Makes failing checks pass, by program."""

    async def mend(self, bench: Bench) -> Mended:
        """Try the fixers, cheapest first; keep what makes a failing check better and breaks no other; undo the rest.
        Tests are never edited."""
        ...
