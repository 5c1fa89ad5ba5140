"""A localisation as what people and models are told of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from journeyman.domain.checks import CheckOutcome
from journeyman.domain.mending import Suspect
from journeyman.domain.suspicion import SuspectFunction, SuspectLine, Suspicion, TracedTest
from journeyman.repair.contract import Shell
from journeyman.repair.localisation.formulas import combined, scores
from journeyman.repair.localisation.localising import Changed, Localisation, localise
from journeyman.repair.localisation.ranking import Weighed
from journeyman.repair.tree import SourceTree

_FUNCTIONS_TOLD = 20
_LINES_TOLD = 60
_TESTS_TOLD = 40
_SUSPECT_FUNCTIONS, _SUSPECT_LINES = 10, 5


class CoverageLocaliser:
    """Localises by what failing and passing tests run."""

    async def suspicion(
        self, shell: Shell, paths: Sequence[str], outcome: CheckOutcome, seconds: float, recent: Changed | None = None
    ) -> Suspicion | None:
        """Return the suspects of a failing check; None if it cannot be looked into. It takes `seconds` at most."""
        found = await localise(SourceTree(shell, paths), outcome, seconds, recent)
        return told(found) if found else None


def told(found: Localisation) -> Suspicion:
    """Return the suspects of a localisation, as many as a person may want to see."""
    spectrum = found.spectrum
    return Suspicion(
        check=found.outcome.check.name,
        tests=tuple(TracedTest(test.name, test.passed, test.raised) for test in spectrum.tests),
        passing=spectrum.passing,
        collected=spectrum.collected,
        functions=tuple(_function(found, weighed) for weighed in found.ranking.units[:_FUNCTIONS_TOLD]),
    )


def suspects(suspicion: Suspicion) -> Iterator[Suspect]:
    """Yield the first functions of a suspicion, each before its first lines."""
    for function in suspicion.functions[:_SUSPECT_FUNCTIONS]:
        best = function.lines[0].scores if function.lines else {}
        yield Suspect(function.path, 0, function.name, best)
        for line in function.lines[:_SUSPECT_LINES]:
            yield Suspect(function.path, line.line, function.name, line.scores)


def _function(found: Localisation, weighed: Weighed) -> SuspectFunction:
    unit = weighed.unit
    text = found.modules[unit.path].source.text.split("\n")
    lines = [(line, mask) for other, line, mask, _ in found.ranking.lines if other is unit]
    return SuspectFunction(
        path=unit.path,
        name=unit.name,
        first=unit.first,
        source=tuple(line.rstrip("\r") for line in text[unit.first - 1 : unit.last]),
        score=round(weighed.score, 3),
        reasons=tuple(_reasons(found, weighed)),
        lines=tuple(_line(found, line, mask) for line, mask in lines[:_LINES_TOLD]),
    )


def _line(found: Localisation, line: int, mask: int) -> SuspectLine:
    counts = found.spectrum.counts(mask)
    numbers = [number for number in range(len(found.spectrum.tests)) if mask >> number & 1]
    return SuspectLine(
        line=line,
        score=round(combined(counts), 3),
        scores=scores(counts),
        failing=counts.hit_failing,
        passing=counts.hit_passing,
        tests=tuple(numbers[:_TESTS_TOLD]),
    )


def _reasons(found: Localisation, weighed: Weighed) -> Iterator[str]:
    counts, features = found.spectrum.counts(weighed.mask), weighed.features
    runs = "is used by" if weighed.unit.binds else "is run by"
    yield (
        f"{runs} {counts.hit_failing} of {counts.failing} failing and {counts.hit_passing} of {counts.passing} "
        "passing tests"
    )
    if features["frames"] >= 0.5:
        yield "the tracebacks end in it" if features["frames"] > 0.9 else "it stands in the tracebacks"
    if features["names"] >= 0.5:
        yield "the failing tests speak of it"
    if features["near"] == 1:
        yield "the tests call it directly"
    if features["recent"]:
        yield "it was changed lately"
