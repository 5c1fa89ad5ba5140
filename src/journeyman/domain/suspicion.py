"""Where a failing check's fault is likely to be: functions and lines in the order of suspicion, with the reasons."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class TracedTest(msgspec.Struct, frozen=True):
    """A test that was traced; `raised` is what a failing one said."""

    name: str
    passed: bool
    raised: str = ""


class SuspectLine(msgspec.Struct, frozen=True):
    """A line that failing tests run. `score` is a mean of `scores`, the formulas by name, each from 0 to 1.

    `failing` and `passing` count the tests that run it; `tests` are numbers in `Suspicion.tests`, of many the first.
    """

    line: int
    score: float
    scores: Mapping[str, float]
    failing: int
    passing: int
    tests: tuple[int, ...] = ()


class SuspectFunction(msgspec.Struct, frozen=True):
    """A function, or a statement that binds a name when its module is made, that failing tests run or use.

    `source` are its lines from `first` on; `lines` those that failing tests run, most suspicious first. `score` puts
    functions in order and has no unit. `reasons` are for people.
    """

    path: str
    name: str
    first: int
    source: tuple[str, ...]
    score: float
    reasons: tuple[str, ...]
    lines: tuple[SuspectLine, ...]

    @property
    def last(self) -> int:
        """The last line."""
        return self.first + len(self.source) - 1

    def text(self, line: int) -> str:
        """Return the words of a line; "" for one outside."""
        return self.source[line - self.first] if self.first <= line <= self.last else ""


class Suspicion(msgspec.Struct, frozen=True):
    """The suspects of one check, most suspicious first. `passing` counts the passing tests that were traced, of which
    `tests` has those that share lines with failing ones; `collected` counts all tests there are."""

    check: str
    tests: tuple[TracedTest, ...]
    passing: int
    collected: int
    functions: tuple[SuspectFunction, ...]

    @property
    def failing(self) -> tuple[TracedTest, ...]:
        """The failing tests that were traced."""
        return tuple(test for test in self.tests if not test.passed)
