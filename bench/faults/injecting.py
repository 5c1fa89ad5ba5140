"""Makes the set of faults: `python -m bench.faults.injecting`.

Rules and seed decide; a package's own tests keep what counts as a fault: at least one test fails, and every test file
can still be imported. What hangs is left out. Two-edit faults are two edits of one file, every other time of one
function, each of which fails a test alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.faults.hiding import functions_that_test, hidden_half, hide, unit
from bench.faults.packages import Package, packages, project
from bench.faults.rules import RULES, faults, sound
from bench.faults.source import Fault, Source, hurt
from bench.faults.workshop import Bay, Workshop
from journeyman.domain.checks import CheckOutcome, TestStatus
from journeyman.repair.protected import is_test_file

SET = Path(__file__).with_name("set.json")
SEED = 20261121
SINGLES = 15
PAIRS = 3
PER_FUNCTION = 2
PATIENCE = 30.0
"""Seconds for all tests of a package; they need five at most."""

_BAD = (TestStatus.FAILED, TestStatus.ERROR)


@dataclass(frozen=True)
class Case:
    """One fault, of one or two edits. `failing` counts the tests that fail; `shown` are test functions that are not
    hidden although it would be their turn, since no other one fails."""

    name: str
    package: str
    edits: tuple[Fault, ...]
    failing: int
    shown: tuple[str, ...]

    @property
    def path(self) -> str:
        """The file that was hurt."""
        return self.edits[0].path

    @property
    def rule(self) -> str:
        """The rule of a single edit; `two edits` otherwise."""
        return self.edits[0].rule if len(self.edits) == 1 else "two edits"


def cases() -> list[Case]:
    """Return the set as it was made."""
    rows = json.loads(SET.read_text())["cases"]
    return [case_of(row) for row in rows]


def case_of(row: dict[str, Any]) -> Case:
    """Return a case from its row in the data file."""
    edits = tuple(Fault(**edit) for edit in row["edits"])
    return Case(row["name"], row["package"], edits, row["failing"], tuple(row["shown"]))


class Injector:
    """Injects faults into one package whose project lies in a sandbox."""

    def __init__(self, package: Package, tree: Path, bay: Bay, chance: random.Random) -> None:
        self._package = package
        self._bay = bay
        self._chance = chance
        texts = {str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*.py"))}
        self._sources = {path: Source(path, text) for path, text in texts.items() if not is_test_file(path)}
        self._in_function: Counter[tuple[str, str]] = Counter()
        self.tried = 0

    async def singles(self) -> AsyncIterator[Case]:
        """Yield faults of one edit, the rules taking turns."""
        for fault in self._in_turns():
            place = (fault.path, fault.function)
            if self._in_function[place] < PER_FUNCTION and (case := await self._case((fault,))):
                self._in_function[place] += 1
                yield case

    async def pairs(self, singles: list[Case]) -> AsyncIterator[Case]:
        """Yield faults of two edits, one of them known as a fault."""
        together = True
        for single in self._chance.sample(singles, len(singles)):
            first = single.edits[0]
            others = [f for f in faults(self._sources[first.path]) if (f.function == first.function) == together]
            for other in self._chance.sample(others, min(len(others), 12)):
                apart = other.end <= first.start or first.end <= other.start
                if apart and await self._case((other,)) and (case := await self._case((first, other))):
                    together = not together
                    yield case
                    break

    def _in_turns(self) -> Iterator[Fault]:
        by_rule: dict[str, list[Fault]] = {rule: [] for rule in RULES}
        for source in self._sources.values():
            for fault in faults(source):
                by_rule[fault.rule].append(fault)
        turns = [self._chance.sample(found, len(found)) for found in by_rule.values()]
        self._chance.shuffle(turns)
        while any(turns):
            for turn in turns:
                if turn:
                    yield turn.pop()

    async def _case(self, edits: tuple[Fault, ...]) -> Case | None:
        source = self._sources[edits[0].path]
        if not all(sound(source, edit) for edit in edits):
            return None
        self.tried += 1
        await self._bay.sandbox.write_file(source.path, hurt(source.content, edits))
        outcome = await self._bay.test(self._package.command, PATIENCE)
        await self._bay.sandbox.write_file(source.path, source.content)
        failing = _failing(outcome)
        if not failing:
            return None
        edits = tuple(sorted(edits, key=lambda edit: edit.start))
        name = f"{self._package.name}-{'+'.join(f'{edit.rule}@{edit.path}:{edit.line}' for edit in edits)}"
        return Case(name, self._package.name, edits, len(failing), _shown(failing))


def _failing(outcome: CheckOutcome) -> list[str]:
    """Return the tests that fail; none if all pass, if they hang or if a file of theirs cannot be imported."""
    bad = [test.name for test in outcome.tests if test.status in _BAD]
    importable = all("::" in name for name in bad)
    return bad if bad and importable and not outcome.timed_out else []


def _shown(failing: list[str]) -> tuple[str, ...]:
    units = sorted({unit(test) for test in failing})
    hidden = hidden_half(units, SEED)
    return tuple(units[:1]) if hidden == set(units) else ()


async def inject(package: Package, folder: Path, workshop: Workshop, singles: int, pairs: int) -> list[Case]:
    """Return the faults of one package."""
    tree = folder / "injected" / package.name
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(project(package, folder), tree)
    async with workshop.open(tree) as bay:
        await _must_pass(bay, package, tree)
        injector = Injector(package, tree, bay, random.Random(f"{SEED}:{package.name}"))
        found = [case async for case in _first(injector.singles(), singles)]
        found += [case async for case in _first(injector.pairs(list(found)), pairs)]
    print(f"{package.name}: {len(found)} of {injector.tried} edits", file=sys.stderr, flush=True)
    return found


async def _must_pass(bay: Bay, package: Package, tree: Path) -> None:
    """Raise if the tests do not pass as they are, or not with half of them hidden."""
    whole = await bay.test(f"{package.command} -rA", PATIENCE)
    texts = {path: path.read_bytes() for path in tree.rglob("*.py")}
    hide(tree, hidden_half(functions_that_test(tree), SEED))
    half = await bay.test(f"{package.command} -rA", PATIENCE)
    for path, text in texts.items():
        path.write_bytes(text)
    if not (whole.passed and half.passed and len(half.tests) < len(whole.tests)):
        raise RuntimeError(f"{package.name}: {(half if whole.passed else whole).output[-2000:]}")


async def _first(found: AsyncIterator[Case], most: int) -> AsyncIterator[Case]:
    if most:
        count = 0
        async for case in found:
            yield case
            count += 1
            if count == most:
                return


async def main() -> None:
    """Inject into every package and write the data file."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults.injecting", description=__doc__)
    parser.add_argument("folder", type=Path, help="where packages and environments are kept")
    parser.add_argument("--only", help="one package, printed and not written")
    asked = parser.parse_args()
    folder: Path = asked.folder.absolute()
    found: list[Case] = []
    for package in packages():
        if asked.only in (None, package.name):
            found += await inject(package, folder, Workshop(folder), SINGLES, PAIRS)
    rows = ",\n".join(json.dumps(asdict(case)) for case in found)
    text = f'{{"seed": {SEED}, "cases": [\n{rows}\n]}}\n'
    print(text) if asked.only else SET.write_text(text)


if __name__ == "__main__":
    asyncio.run(main())
