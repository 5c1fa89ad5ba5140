"""How many injected faults the chosen tests find, and in what part of the time: `python -m bench.impact`.

The faults are those of `bench.faults`. Coverage of each package is recorded once, on the program as it was. For each
fault all tests run, then the tests that are chosen within a third of the time; the whole choice is judged by which of
the failing tests it holds. Where the choice says that it is not sure, all tests count as run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.faults.injecting import PATIENCE, SEED, Case, cases
from bench.faults.measuring import sample
from bench.faults.packages import Package, packages, project
from bench.faults.source import hurt
from bench.faults.workshop import Bay, Workshop, cpu_seconds
from journeyman.codebase import TestsToRun
from journeyman.codebase.index import CodeIndex
from journeyman.domain.changes import Side
from journeyman.domain.checks import CheckOutcome, TestStatus
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git
from journeyman.steps.recording import blobs_below, run_recorded

SHARE = 1 / 3
ASKED_FOUND, ASKED_SHARE = 0.99, SHARE
RESULTS = Path(__file__).with_name("results")
_BAD = (TestStatus.FAILED, TestStatus.ERROR)


@dataclass(frozen=True)
class Result:
    """What came of one fault: by the whole choice, and by what fits into a third of the time. Shares are of the time
    of all tests; `found` is what running the tests gave."""

    case: str
    package: str
    rule: str
    failing: int
    sure: bool
    chosen: int
    share: float
    holds: bool
    within: int
    within_share: float
    found: bool
    seconds: float


class Measured:
    """One package, its tests recorded, in a sandbox."""

    def __init__(self, package: Package, place: Path, bay: Bay, home: Path) -> None:
        self._package = package
        self._place = place
        self._bay = bay
        self._home = home
        self.recorded = 0.0
        self.tests = 0

    async def record(self) -> None:
        """Record what each test runs, on the program as it was."""
        began = cpu_seconds()
        files = blobs_below(
            self._place, [str(p.relative_to(self._place)) for p in self._place.rglob("*") if p.is_file()]
        )
        recorded = await run_recorded(self._bay.sandbox, self._package.command, 10 * PATIENCE, files)
        self.recorded, self.tests = cpu_seconds() - began, len(recorded.tests)
        with closing(self._index()) as index:
            await index.refresh()
            with closing(await index.coverage()) as coverage:
                coverage.keep(recorded)

    def _index(self) -> CodeIndex:
        return CodeIndex(self._home, WorkTrees(Git()), self._place, 1)

    async def judged(self, case: Case) -> Result | None:
        """Return what comes of a fault; None if no test finds it now."""
        file = self._place / case.path
        right = file.read_bytes()
        wrong = hurt(right, case.edits)
        file.write_bytes(wrong)
        try:
            failing = _failing(await self._bay.test(self._package.command, PATIENCE))
            if not failing:
                return None
            began = asyncio.get_running_loop().time()
            whole, part = await self._choices(Side(case.path, right, wrong))
            took = asyncio.get_running_loop().time() - began
            names = {test.name for test in whole.tests}
            held = whole.all or any(_is_chosen(name, names) for name in failing)
            found = held if part.all else bool(part.tests) and await self._finds(part)
        finally:
            file.write_bytes(right)
        return Result(
            case.name, case.package, case.rule, len(failing), not whole.all, len(whole.tests), _share(whole), held,
            len(part.tests), _share(part), found, round(took, 3),
        )  # fmt: skip

    async def _choices(self, side: Side) -> tuple[TestsToRun, TestsToRun]:
        with closing(self._index()) as index:
            await index.refresh()
            with closing(await index.coverage()) as coverage:
                assessing = await index.assessing(coverage)
                return assessing.tests([side]), assessing.tests([side], SHARE)

    async def _finds(self, chosen: TestsToRun) -> bool:
        names = " ".join(shlex.quote(test.name) for test in chosen.tests)
        return bool(_failing(await self._bay.test(f"python -m pytest -q {names}", PATIENCE)))


def _share(chosen: TestsToRun) -> float:
    return 1.0 if chosen.all else round(chosen.seconds / (chosen.of_seconds or 1.0), 4)


def _failing(outcome: CheckOutcome) -> list[str]:
    """Return the tests that fail; all of them, as one, if they hang."""
    return [test.name for test in outcome.tests if test.status in _BAD] or (["hangs"] if outcome.timed_out else [])


def _is_chosen(name: str, names: set[str]) -> bool:
    return name in names or name.partition("::")[0] in names or name == "hangs"


async def measure(wanted: list[Case], folder: Path) -> tuple[list[Result], dict[str, dict[str, float]]]:
    """Return the results of faults, and what recording took."""
    by_package: dict[str, list[Case]] = defaultdict(list)
    for case in wanted:
        by_package[case.package].append(case)
    found: list[Result] = []
    recordings: dict[str, dict[str, float]] = {}
    workshop = Workshop(folder)
    for package in packages():
        if package.name not in by_package:
            continue
        place = folder / "impact" / package.name
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(project(package, folder), place)
        async with workshop.open(place) as bay:
            measured = Measured(package, place, bay, folder / "impact" / f"{package.name}.index")
            await measured.record()
            for case in by_package[package.name]:
                result = await measured.judged(case)
                if result is not None:
                    found.append(result)
        shutil.rmtree(folder / "impact", ignore_errors=True)
        recordings[package.name] = {"tests": measured.tests, "cpu": round(measured.recorded, 2)}
        print(f"{package.name}: {len(by_package[package.name])} faults", file=sys.stderr, flush=True)
    return found, recordings


def table(found: list[Result]) -> Table:
    """Return what a person reads."""
    drawn = Table(title=f"tests chosen for {len(found)} injected faults (asked: 99 % found in 33 % of the time)")
    drawn.add_column("")
    for heading in ("faults", "sure", "chosen find", "in time", "within a third find", "in time", "wall s"):
        drawn.add_column(heading, justify="right")
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in found:
        groups[result.package].append(result)
    for name, part in sorted(groups.items()):
        drawn.add_row(name, *_row(part))
    drawn.add_section()
    drawn.add_row("all", *_row(found))
    return drawn


def _row(found: list[Result]) -> Iterable[str]:
    count = len(found)
    return (
        str(count),
        f"{_percent(sum(each.sure for each in found), count)}",
        f"{_percent(sum(each.holds for each in found), count)}",
        f"{_percent(sum(each.share for each in found), count)}",
        f"{_percent(sum(each.found for each in found), count)}",
        f"{_percent(sum(each.within_share for each in found), count)}",
        f"{sum(each.seconds for each in found) / count:.2f}",
    )


def _percent(part: float, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def main() -> int:
    """Measure. Returns 1 if what is asked was not reached."""
    parser = argparse.ArgumentParser(prog="python -m bench.impact", description=__doc__)
    parser.add_argument("--sample", type=int, metavar="N", help="so many faults, spread over the packages")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="where packages and environments stay")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER", help="where the JSON goes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeyman-impact-") as scratch:
        Path(scratch).chmod(0o755)
        folder = asked.kept.absolute() if asked.kept else Path(scratch)
        found, recordings = asyncio.run(measure(sample(cases(), asked.sample), folder))
    Console(width=150).print(table(found))
    at = datetime.now(UTC)
    asked.output.mkdir(parents=True, exist_ok=True)
    path = asked.output / f"impact-{at:%Y%m%dT%H%M%S}.json"
    facts = {"seed": SEED, "share": SHARE, "recordings": recordings, "results": [asdict(each) for each in found]}
    path.write_text(json.dumps(facts, indent=1) + "\n")
    print(path)
    return int(sum(each.found for each in found) < ASKED_FOUND * len(found))


if __name__ == "__main__":
    sys.exit(main())
