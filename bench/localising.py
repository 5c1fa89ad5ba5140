"""How far up the list the hurt function and line stand, by each formula and by the whole ranking.

The faults are those of `bench.faults`; every test of a package may run. Formulas alone give a function the score of
its best line; among equals the middle place counts. CPU seconds are those of tracing and ranking.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import mean, median
from typing import Any

from rich.table import Table

from bench.faults.injecting import PATIENCE, SEED, Case, cases
from bench.faults.measuring import sample
from bench.faults.packages import packages, project
from bench.faults.source import hurt
from bench.faults.workshop import Workshop, cpu_seconds
from bench.sets import Found
from journeyman.repair.localisation import FORMULAS, Counts, Localisation, localise
from journeyman.repair.localisation.formulas import combined
from journeyman.repair.tree import SourceTree

SECONDS = 20.0
"""The time limit for each fault, as in a run with a model."""

MEAN, RANKING = "mean of formulas", "ranking"
TOPS = (1, 3, 5)


@dataclass(frozen=True)
class Located:
    """The places of the hurt function and line by each way of ranking; 0 where they are not in the list."""

    case: str
    package: str
    rule: str
    edits: int
    suspects: int
    functions: dict[str, float] = field(default_factory=dict)
    lines: dict[str, float] = field(default_factory=dict)
    cpu: float = 0.0
    wall: float = 0.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this set's options."""
    parser.add_argument(
        "--localisation", action="store_true", help="the places of injected faults among the suspects"
    )


def measure(asked: argparse.Namespace) -> Found | None:
    """Measure the ranking if it was asked for."""
    if not asked.localisation:
        return None
    with tempfile.TemporaryDirectory(prefix="journeyman-localisation-") as scratch:
        Path(scratch).chmod(0o755)
        folder = asked.kept.absolute() if asked.kept else Path(scratch)
        found = asyncio.run(_all(sample(cases(), asked.sample), folder))
    facts = {"seed": SEED, "seconds": SECONDS, "results": [asdict(each) for each in found]}
    return Found("localisation", (table(found),), facts)


async def _all(wanted: list[Case], folder: Path) -> list[Located]:
    known = {package.name: package for package in packages()}
    workshop = Workshop(folder)
    found = []
    for number, case in enumerate(wanted, 1):
        package = known[case.package]
        place = folder / "localised" / sha256(case.name.encode()).hexdigest()[:16]
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(project(package, folder), place)
        file = place / case.path
        file.write_bytes(hurt(file.read_bytes(), case.edits))
        found.append(await _located(workshop, case, place, package.command))
        shutil.rmtree(place)
        print(
            f"{number}/{len(wanted)} {case.name}: {found[-1].functions.get(RANKING, 0):g}",
            file=sys.stderr,
            flush=True,
        )
    return found


async def _located(workshop: Workshop, case: Case, place: Path, command: str) -> Located:
    async with workshop.open(place) as bay:
        outcome = await bay.test(command, PATIENCE)
        paths = sorted(str(path.relative_to(place)) for path in place.rglob("*.py"))
        loop = asyncio.get_running_loop()
        cpu, began = cpu_seconds(), loop.time()
        found = await localise(SourceTree(bay, paths), outcome, SECONDS)
        ranked = places(found, case) if found else ({}, {}, 0)
        wall = loop.time() - began
    # a sandbox's processor time is known when it has ended
    spent = cpu_seconds() - cpu
    return Located(case.name, case.package, case.rule, len(case.edits), ranked[2], *ranked[:2], spent, wall)


def places(found: Localisation, case: Case) -> tuple[dict[str, float], dict[str, float], int]:
    """Return the places of the first hurt function and line by each way of ranking, and the number of suspects."""
    hurt_functions = {(edit.path, edit.function) for edit in case.edits}
    hurt_lines = {(edit.path, line) for edit in case.edits for line in statement(found, edit.path, edit.line)}
    units = [(each.unit.path, each.unit.name) for each in found.ranking.units]
    lines = [(unit.path, line) for unit, line, _, _ in found.ranking.lines]
    functions = {RANKING: _first(units, hurt_functions)}
    by_line = {RANKING: _first(lines, hurt_lines)}
    for name, formula in {**FORMULAS, MEAN: combined}.items():
        scored = _scored(found, formula)
        best: dict[tuple[str, str], float] = {}
        for (path, line), score in scored.items():
            unit = found.modules[path].unit_at(line)
            if unit is not None:
                best[path, unit.name] = max(score, best.get((path, unit.name), 0.0))
        functions[name], by_line[name] = _middle(best, hurt_functions), _middle(scored, hurt_lines)
    return functions, by_line, len(units)


def statement(found: Localisation, path: str, line: int) -> range:
    """Return the lines of the smallest statement around a line, of one with a body only its head."""
    module = found.modules.get(path)
    node = module.source.statement_at(line) if module else None
    if node is None:
        return range(line, line + 1)
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if isinstance(body, list) and isinstance(body[0], ast.stmt) else node.end_lineno or line
    return range(node.lineno, max(last, node.lineno) + 1)


def _scored(found: Localisation, formula: Callable[[Counts], float]) -> dict[tuple[str, int], float]:
    """Return the score of each line of a function."""
    spectrum = found.spectrum
    known = {place: mask for place, mask in spectrum.hits.items() if place[0] in found.modules}
    inside = {place: mask for place, mask in known.items() if found.modules[place[0]].unit_at(place[1])}
    return {place: formula(spectrum.counts(mask)) for place, mask in inside.items()}


def _first(ranked: list[Any], wanted: set[Any]) -> float:
    return next((float(place) for place, each in enumerate(ranked, 1) if each in wanted), 0.0)


def _middle(scores: Mapping[Any, float], wanted: set[Any]) -> float:
    """Return the place of the best of the wanted, in the middle of those that score the same."""
    mine = max((score for each, score in scores.items() if each in wanted), default=None)
    if mine is None:
        return 0.0
    above = sum(score > mine for score in scores.values())
    level = sum(score == mine for score in scores.values())
    return above + (level + 1) / 2


def table(found: list[Located]) -> Table:
    """Return what a person reads: one-edit faults by each way of ranking, then the ranking by package."""
    drawn = Table(title=f"where the hurt function and line stand, {len(found)} injected faults")
    drawn.add_column("")
    for heading in ("faults", *(f"function top {top}" for top in TOPS), "line top 5", "suspects", "CPU s"):
        drawn.add_column(heading, justify="right")
    single = [each for each in found if each.edits == 1]
    for way in (*FORMULAS, MEAN, RANKING):
        drawn.add_row(way, *_row(single, way))
    drawn.add_section()
    by_package: dict[str, list[Located]] = defaultdict(list)
    for each in single:
        by_package[each.package].append(each)
    for package, part in sorted(by_package.items()):
        drawn.add_row(f"{RANKING}, {package}", *_row(part, RANKING))
    if pairs := [each for each in found if each.edits > 1]:
        drawn.add_section()
        drawn.add_row(f"{RANKING}, two edits", *_row(pairs, RANKING))
    return drawn


def _row(found: list[Located], way: str) -> Iterable[str]:
    if not found:
        return ("0",)
    tops = [sum(0 < each.functions.get(way, 0) <= top for each in found) / len(found) for top in TOPS]
    line = sum(0 < each.lines.get(way, 0) <= 5 for each in found) / len(found)
    return (
        str(len(found)),
        *(f"{100 * share:.0f} %" for share in (*tops, line)),
        f"{mean(each.suspects for each in found):.0f}",
        f"{median(each.cpu for each in found):.1f}",
    )
