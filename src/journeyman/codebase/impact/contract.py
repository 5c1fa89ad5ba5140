"""What is told of a change: what it touches, which tests to run, how risky it is."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec

from journeyman.domain.changes import Side, Told


class ChangeOf(StrEnum):
    """What happened to a symbol or a file."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Touched(msgspec.Struct, frozen=True):
    """A symbol whose lines a change touches. `callers` counts who calls it; `line` is that of the new side."""

    place: str
    kind: str
    change: ChangeOf
    line: int
    public: bool
    callers: int = 0
    tests: int = 0


class Interface(msgspec.Struct, frozen=True):
    """A public symbol whose declaration changed; `after` is empty if it is gone. `callers` are outside the change."""

    place: str
    before: str
    after: str
    callers: tuple[str, ...] = ()


class Reached(msgspec.Struct, frozen=True):
    """A symbol or file that needs something touched, over so many steps. `confidence` is from 0 to 1."""

    place: str
    steps: int
    confidence: float
    through: str


class ChosenTest(msgspec.Struct, frozen=True):
    """A test, or a file of tests, to run. `seconds` is what it took when it was recorded, or 0."""

    name: str
    because: str
    confidence: float
    seconds: float = 0.0


class TestsToRun(msgspec.Struct, frozen=True):
    """The tests that a change asks for.

    `all`: it is not sure that they suffice, `doubts` tells why: `tests` only tell what comes first then.
    `seconds` are those of the tests here, `of_seconds` those of all recorded tests. `left_out` counts what a limit
    on the time left out.
    """

    tests: tuple[ChosenTest, ...] = ()
    all: bool = False
    doubts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    of_seconds: float = 0.0
    left_out: int = 0


class Risk(StrEnum):
    """How much may go wrong."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Impact(msgspec.Struct, frozen=True):
    """All that is known of a change."""

    files: dict[str, ChangeOf]
    touched: tuple[Touched, ...]
    interfaces: tuple[Interface, ...]
    reached: tuple[Reached, ...]
    tests: TestsToRun
    risk: Risk
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()


class ImpactedTests(Protocol):
    """Chooses tests for changes of work trees that need not be git's."""

    async def tests(self, root: Path, origin: str, paths: Sequence[str], sides: list[Side]) -> TestsToRun:
        """Return the tests that a change asks for; none if that cannot be worked out.

        `origin` is what all clones of the repository have in common, `paths` are the files of the tree.
        """
        ...


class Differences(Protocol):
    """What git knows of changes in a work tree."""

    async def sides(self, root: Path, asked: str, *, staged: bool) -> list[Side]:
        """Return the files below a folder that differ: from HEAD if nothing is asked, else as a revision or a range
        of them tells. BadRequest if there is no such revision."""
        ...

    async def told(self, root: Path, path: str, first: int, last: int, most: int) -> list[Told]:
        """Return the last changes of some lines of a file, newest first."""
        ...
