"""Where a failing check's fault is likely to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from journeyman.domain.checks import CheckKind, CheckOutcome, TestStatus
from journeyman.repair.laboratory import Laboratory, runner_of
from journeyman.repair.localisation.ranking import Ranking
from journeyman.repair.localisation.spectrum import Spectrum, traced
from journeyman.repair.localisation.units import Module
from journeyman.repair.names import module_name
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import parsed
from journeyman.repair.tree import SourceTree

_MOST_IMPORTED = 100

Changed = Mapping[str, frozenset[int]]
"""Lines that were changed lately, by path."""


class Localisation(msgspec.Struct, frozen=True):
    """What came of localising: the ranking, and the spectrum that it was made from."""

    outcome: CheckOutcome
    spectrum: Spectrum
    ranking: Ranking
    modules: Mapping[str, Module]


def localisable(outcome: CheckOutcome) -> bool:
    """Tell whether a check is a failing run of Python tests that can be looked into."""
    return (
        not outcome.passed and outcome.check.kind is CheckKind.TEST and runner_of(outcome.check.command) is not None
    )


async def localise(
    tree: SourceTree, outcome: CheckOutcome, seconds: float, recent: Changed | None = None
) -> Localisation | None:
    """Run the tests of a failing check once more under a tracer, for at most so many seconds, and rank what they ran.

    None if the check is not one of Python's test runners, or no failing test could be traced. Nothing is changed.
    """
    runner = runner_of(outcome.check.command)
    if runner is None or not localisable(outcome):
        return None
    async with Laboratory(tree.shell, runner) as laboratory:
        spectrum = await traced(laboratory, sources(tree), failing(outcome), seconds)
    return await ranked(tree, outcome, spectrum, recent)


async def ranked(
    tree: SourceTree, outcome: CheckOutcome, spectrum: Spectrum, recent: Changed | None = None
) -> Localisation | None:
    """Rank what the failing tests of a spectrum run; None if that is nothing."""
    modules = await read(tree, spectrum)
    ranking = Ranking(spectrum, modules, recent or {})
    return Localisation(outcome, spectrum, ranking, modules) if ranking.units else None


def sources(tree: SourceTree) -> list[str]:
    """Return the files a fault may lie in."""
    return [path for path in tree.paths if path.endswith(".py") and not is_test_file(path)]


def failing(outcome: CheckOutcome) -> list[str]:
    """Return the names of the failing tests, as far as the check's output told them."""
    bad = (TestStatus.FAILED, TestStatus.ERROR)
    return [test.name for test in outcome.tests if test.status in bad]


async def read(tree: SourceTree, spectrum: Spectrum) -> dict[str, Module]:
    """Return the modules that failing tests run, and those of the tree that they import from."""
    by_name = {module_name(path): path for path in sources(tree)}
    modules: dict[str, Module] = {}
    ran = list(dict.fromkeys(path for path, _ in spectrum.hits))
    await _add(tree, modules, ran)
    wanted = [by_name.get(origin) for module in modules.values() for origin, _ in module.imported.values()]
    await _add(tree, modules, [path for path in wanted if path is not None][:_MOST_IMPORTED])
    return modules


async def _add(tree: SourceTree, modules: dict[str, Module], paths: Sequence[str]) -> None:
    for path in paths:
        source = parsed(await tree.text(path)) if path not in modules else None
        if source is not None:
            modules[path] = Module(path, source)
