"""Tests that fail by chance: told with their rate, never edited."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncGenerator

from journeyman.domain.checks import CheckKind, CheckOutcome, TestStatus
from journeyman.repair.contract import Discovery, Flaky
from journeyman.repair.fixers.contract import Case, Proposal

RUNS, MOST_RUNS = 5, 15
"""How often a check is run again where something speaks of chance, and at most as long as it fails each time in the
same way; once where nothing does."""

_CHANCE = re.compile(
    r"random|shuffle|seed|uuid|sleep|time[.(]|datetime|perf_counter|monotonic|[Tt]imeout|[Tt]imed out|thread|asyncio"
    r"|[Cc]onnection|socket|flak|rerun|race|hash\(|set\(|Date\.now|Math\.random|setTimeout|rand\."
)
_BROKEN = re.compile(r"SyntaxError|IndentationError|ModuleNotFoundError|ImportError|NameError|ERROR collecting")
_SHARE = 0.25
"""Of the time that is left: so much may go into running again."""


class FlakyTests:
    """Runs a failing check again without a change, and tells of tests that do not fail each time."""

    name = "flaky tests"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        check, failing = case.outcome.check, _failing(case.outcome)
        if check.kind is not CheckKind.TEST or not failing or _BROKEN.search(case.words()):
            return
        affordable = int(_SHARE * case.seconds_left / max(case.outcome.seconds, 0.01))
        runs, failures = 1, Counter(failing)
        while runs <= min(await _wanted(case, failures, runs), affordable):
            again = await case.bench.judge(check)
            if not again.readable and not again.passed:  # a quiet runner says nothing of what passes
                return
            runs += 1
            failures.update(_failing(again))
        for test, count in sorted(failures.items()):
            if count < runs:
                yield Flaky(test, runs, count)


async def _wanted(case: Case, failures: Counter[str], runs: int) -> int:
    """Return how often to run again: more if a test has not failed in each run, most if it may by what is said."""
    if any(count < runs for count in failures.values()):
        return RUNS
    return MOST_RUNS if await _speaks_of_chance(case, failures) else 1


async def _speaks_of_chance(case: Case, failures: Counter[str]) -> bool:
    """Tell whether the output or the file of a failing test speaks of chance."""
    if _CHANCE.search(case.words()):
        return True
    paths = {path for test in failures if (path := case.tree.path_of(test.partition("::")[0]))}
    return any([_CHANCE.search(await case.tree.text(path) or "") for path in paths])


def _failing(outcome: CheckOutcome) -> frozenset[str]:
    bad = (TestStatus.FAILED, TestStatus.ERROR)
    return frozenset(test.name for test in outcome.tests if test.status in bad)
