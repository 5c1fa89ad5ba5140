"""What came of mending without a model: what was changed, what is left, and what was found on the way."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from journeyman.domain.checks import CheckReport
from journeyman.domain.suspicion import Suspicion


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


class Flaky(msgspec.Struct, frozen=True):
    """A test that fails in some runs of the same tree: reported with its rate, never edited."""

    test: str
    runs: int
    failures: int


class Suspect(msgspec.Struct, frozen=True):
    """A line, or with line 0 a whole function, that the failing tests point to; `scores` by the formula's name."""

    path: str
    line: int
    function: str
    scores: Mapping[str, float]


class Choice(msgspec.Struct, frozen=True):
    """One of several patches that pass the checks and yet differ.

    `input` is a call that tells them apart, `result` what it gives with this patch; "" where none is known.
    `unproved`: it was found, and then the search was ended before others were compared with it and the check run.
    """

    check: str
    summary: str
    diff: str
    input: str = ""
    result: str = ""
    unproved: bool = False


Discovery = Flaky | Suspect | Choice
"""What a fixer may find besides a change to try."""


class Searching(msgspec.Struct, frozen=True):
    """How far a search has come: candidates tried, how many a second, and the best patch so far, "" if none.

    `diff` is that patch where it was not told of before, else "".
    """

    check: str
    tried: int
    per_second: float
    best: str = ""
    diff: str = ""


class Mended(msgspec.Struct, frozen=True):
    """What came of mending. `suspects` are ranked; `report` is what the checks said last.

    `suspicions` are the rankings with their sources, of the tree as it was, where they were asked for.
    """

    mends: tuple[Mend, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    flaky: tuple[Flaky, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    choices: tuple[Choice, ...] = ()
    report: CheckReport = CheckReport()
    suspicions: tuple[Suspicion, ...] = ()
