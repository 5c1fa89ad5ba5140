"""A repository's own checks, what came of running them, and what a change made worse."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class CheckKind(StrEnum):
    """What a check looks at."""

    TEST = "test"
    LINT = "lint"
    FORMAT = "format"
    TYPES = "types"
    BUILD = "build"


class Check(msgspec.Struct, frozen=True):
    """One command of the repository.

    `reader` names the parser of its output (pytest, unittest, node, jest, vitest, go, cargo, ruff, mypy,
    eslint, tsc, tap, junit, plain, …). `because` is the evidence for it, such as "pyproject.toml: [tool.ruff]".
    `report_path` is where the command leaves a machine-readable report, below the sandbox's `/tmp`; "" if nowhere.
    """

    name: str
    command: str
    kind: CheckKind
    reader: str = "plain"
    because: str = ""
    report_path: str = ""
    timeout_seconds: float = 900.0


class Problem(msgspec.Struct, frozen=True):
    """One finding of a linter, a type checker or a compiler. Lines count from 1; 0 means unknown."""

    path: str
    line: int
    message: str
    code: str = ""
    column: int = 0

    @property
    def identity(self) -> str:
        """What stays the same when lines move: place, code and words, not numbers."""
        return f"{self.path}|{self.code}|{self.message}"


class TestStatus(StrEnum):
    """How one test ended."""

    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class TestCase(msgspec.Struct, frozen=True):
    """One test and how it ended. `name` is the runner's own id, such as `tests/test_a.py::test_b`."""

    __test__ = False

    name: str
    status: TestStatus
    message: str = ""
    path: str = ""
    line: int = 0


class CheckOutcome(msgspec.Struct, frozen=True):
    """What came of one check. `readable` is False when the parser found nothing it knows."""

    check: Check
    exit_code: int
    seconds: float
    output: str
    timed_out: bool = False
    out_of_memory: bool = False
    readable: bool = True
    problems: tuple[Problem, ...] = ()
    tests: tuple[TestCase, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the command itself was content."""
        return self.exit_code == 0 and not self.timed_out

    def failures(self) -> frozenset[str]:
        """Return identities of everything that is wrong, comparable between two runs of the check."""
        bad = (TestStatus.FAILED, TestStatus.ERROR)
        names = {f"test {test.name}" for test in self.tests if test.status in bad}
        names |= {f"problem {problem.identity}" for problem in self.problems}
        if not self.passed and not names:
            names.add(f"command {self.check.name}")
        return frozenset(names) if not self.passed else frozenset()


class CheckReport(msgspec.Struct, frozen=True):
    """The outcomes of all checks on one tree."""

    outcomes: tuple[CheckOutcome, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def tests_passed(self) -> int:
        """How many single tests passed."""
        return sum(test.status is TestStatus.PASSED for outcome in self.outcomes for test in outcome.tests)

    @property
    def tests_failed(self) -> int:
        """How many single tests failed or could not run."""
        bad = (TestStatus.FAILED, TestStatus.ERROR)
        return sum(test.status in bad for outcome in self.outcomes for test in outcome.tests)

    def failures(self) -> dict[str, frozenset[str]]:
        """Return what is wrong, by the name of the check."""
        return {outcome.check.name: outcome.failures() for outcome in self.outcomes}


def new_failures(before: CheckReport, after: CheckReport) -> dict[str, tuple[str, ...]]:
    """Return what fails now and did not fail before, by check; checks without news are left out."""
    known = before.failures()
    news = {name: bad - known.get(name, frozenset()) for name, bad in after.failures().items()}
    return {name: tuple(sorted(bad)) for name, bad in news.items() if bad}


SILENT = ("doctest",)
"""Readers of runners that say nothing of what passes."""


def vanished_tests(before: CheckReport, after: CheckReport) -> tuple[str, ...]:
    """Return tests that ran before and are gone or skipped now: a suspicion, not a failure.

    What ended in an error may be a whole file that could not be read: it is no test that can vanish. Nor is what a
    runner speaks of only when it fails.
    """
    spoken = [outcome for outcome in before.outcomes if outcome.check.reader not in SILENT]
    ran = {t.name for o in spoken for t in o.tests if t.status in (TestStatus.PASSED, TestStatus.FAILED)}
    runs = {t.name for o in after.outcomes for t in o.tests if t.status is not TestStatus.SKIPPED}
    return tuple(sorted(ran - runs))
