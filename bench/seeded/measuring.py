"""Break, mend, judge: each seed once, a second time to see that nothing changes; a table and JSON of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from platformdirs import user_cache_path
from rich.console import Console
from rich.table import Table

from bench.children import Ended, NotMeasured, house, journeyman, run
from bench.seeded.judging import commands, committed, lay, passes, read, stage, told
from bench.seeded.projects import ORIGINS, Ready, ready
from bench.seeded.rules import CATEGORIES, seed
from bench.seeded.seeds import Project, Seed

PER_CATEGORY = 10
MOST_NUMBERS = 60
RESULTS = Path(__file__).parents[1] / "results"
NEARLY_ALL = ("format", "lint", "import order", "unused import", "missing import", "wrong import path", "lock behind",
              "syntax", "merge markers")  # fmt: skip
"""The categories of which 95% are asked."""


@dataclass(frozen=True)
class Told:
    """What became of one seed. `green`: the checks pass, by a judge of our own. `why`: why it is not right."""

    category: str
    number: int
    way: str
    project: str
    held_out: bool
    code: int
    green: bool
    right: bool
    why: str
    changed: tuple[str, ...]
    again: bool
    seconds: float

    @property
    def wrong(self) -> bool:
        """Changed, green or said to be, but not right."""
        return bool(self.changed) and (self.green or self.code == 0) and not self.right


def main(arguments: list[str]) -> int:
    """Measure what was asked for; 1 if a limit was not kept."""
    asked = _arguments(arguments)
    projects = _projects(asked.folder / "projects")
    found: list[Told] = []
    for category in asked.category or CATEGORIES:
        for number, held_out, place, way, made in _seeds(category, projects, asked.folder / "choice"):
            if asked.part not in ("all", "held out" if held_out else "seen") or (asked.way and way not in asked.way):
                continue
            told_now = _measured(place, made, asked, (category, number, way, held_out))
            found.append(told_now)
            print(_line(told_now), file=sys.stderr, flush=True)
    Console(width=140).print(table(found))
    print(_write(found, asked))
    limits = [each for each in found if each.category in NEARLY_ALL]
    kept = sum(each.right for each in limits) >= 0.95 * len(limits)
    return int(any(each.wrong or not each.again for each in found) or not kept)


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.repair --seeded", description=__doc__)
    parser.add_argument("--category", action="append", choices=list(CATEGORIES), help="only this; repeatable")
    parser.add_argument("--way", action="append", help="only this way; repeatable")
    parser.add_argument("--part", choices=("seen", "held out", "all"), default="all")
    parser.add_argument("--time-limit", type=int, default=60, metavar="SECONDS")
    parser.add_argument(
        "--folder", type=Path, default=user_cache_path("journeyman-bench"), help="where projects stay"
    )
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER", help="where the JSON goes")
    return parser.parse_args(arguments)


def _projects(folder: Path) -> dict[str, Ready]:
    """Return the projects that could be had; a missing one is named."""
    found = {}
    for origin in ORIGINS:
        print(f"getting {origin.name} {origin.version} ready …", file=sys.stderr, flush=True)
        try:
            found[origin.name] = ready(origin, folder)
        except NotMeasured as failure:
            print(f"left out: {failure}", file=sys.stderr)
    return found


def _seeds(category: str, projects: dict[str, Ready], folder: Path) -> Iterator[tuple[int, bool, Ready, str, Seed]]:
    """Yield ten seeds that do make CI fail where it was green; every other one is held out."""
    taken, given = set(), 0
    for number in range(MOST_NUMBERS):
        made = seed(category, number, [each.project for each in projects.values()])
        if made is None or given == max(PER_CATEGORY, len(CATEGORIES[category])):
            break
        project, way, change = made
        mark = (project.name, tuple(change.texts.items()), tuple(change.modes.items()))
        if mark not in taken and _breaks(projects[project.name], change, folder):
            taken.add(mark)
            yield number, given % 2 == 1, projects[project.name], way, change
            given += 1


def _breaks(place: Ready, change: Seed, folder: Path) -> bool:
    project = place.project
    if any(" " not in check and check not in project.checks for check in change.checks):
        return False
    if change.outcome == "told as flaky":
        return True
    at, asked = stage(project, change), commands(project, change)
    if not passes(place, folder, at.seeded, at.modes, asked):
        return False
    right = bool(change.declares) or not change.base or not passes(place, folder, at.wanted, {}, asked)
    return right or change.outcome == "left alone"


def _measured(place: Ready, change: Seed, asked: argparse.Namespace, facts: tuple[str, int, str, bool]) -> Told:
    category, number, way, held_out = facts
    project = place.project
    folder = asked.folder / "checkouts" / project.name
    at = stage(project, change)
    lay(folder, at.base, {})
    committed(folder, "all is well")
    lay(folder, at.seeded, at.modes)
    committed(folder, "a change")
    began = time.monotonic()
    ended = _fix(folder, project, change, asked)
    seconds = time.monotonic() - began
    files, modes = read(folder)
    changed = tuple(sorted(p for p in {*files, *at.seeded} if files.get(p) != at.seeded.get(p)))
    again = not changed or _unchanged(folder, project, change, asked)
    why = told(place, asked.folder / "judging", change, files, modes)
    trusted = bool(change.declares) and ended.code == 0  # what it needs is installed in the sandbox alone
    failing = "" if trusted else passes(place, asked.folder / "judging", files, modes, commands(project, change))
    right = not why and _as_asked(change, ended, failing)
    return Told(
        category, number, way, project.name, held_out, ended.code, not failing, right, why or failing, changed, again,
        round(seconds, 1),
    )  # fmt: skip


def _as_asked(change: Seed, ended: Ended, failing: str) -> bool:
    if change.outcome == "left alone":
        return ended.code == 1
    if change.outcome == "told as flaky":
        return "test_sometimes" in json.dumps(_said(ended).get("flaky"))
    return not failing and ended.code == 0


def _said(ended: Ended) -> dict[str, object]:
    """Return the JSON object that is the answer; progress may stand before it."""
    at = ended.said.find("{")
    try:
        return dict(json.JSONDecoder().raw_decode(ended.said[at:])[0]) if at >= 0 else {}
    except ValueError:
        return {}


def _fix(folder: Path, project: Project, change: Seed, asked: argparse.Namespace) -> Ended:
    checks = [word for command in commands(project, change) for word in ("--check", command)]
    words = ("fix", str(folder), *checks, "--json", "--time-limit", str(asked.time_limit), *change.options)
    home = asked.folder / "home"
    more = {name: words for name, words in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    return run(journeyman(*words), variables=house(home, **more))


def _unchanged(folder: Path, project: Project, change: Seed, asked: argparse.Namespace) -> bool:
    before = read(folder)
    _fix(folder, project, change, asked)
    return read(folder) == before


def _line(each: Told) -> str:
    state = "right" if each.right else "WRONG" if each.wrong else "left"
    again = "" if each.again else " NOT THE SAME AGAIN"
    why = "" if each.right else f" {' '.join(each.why.split())[:160]}"
    return f"{each.category} {each.number} {each.way} {each.project}: {state}{again} {each.seconds} s{why}"


def table(found: Iterable[Told]) -> Table:
    """Return the table that a person reads."""
    groups = defaultdict(list)
    for each in found:
        groups[each.category].append(each)
    drawn = Table(title="Seeded failures of CI")
    for heading in ("category", "seeds", "green", "right", "held out: right", "wrong", "again the same", "s, median"):
        drawn.add_column(heading, justify="left" if heading == "category" else "right")
    for category, told_of_it in [*groups.items(), ("all", [each for group in groups.values() for each in group])]:
        held = [each for each in told_of_it if each.held_out]
        drawn.add_row(
            category,
            str(len(told_of_it)),
            str(sum(each.green for each in told_of_it)),
            str(sum(each.right for each in told_of_it)),
            f"{sum(each.right for each in held)} of {len(held)}",
            str(sum(each.wrong for each in told_of_it)),
            str(sum(each.again for each in told_of_it)),
            f"{median([each.seconds for each in told_of_it] or [0]):.1f}",
        )
    return drawn


def _write(found: Iterable[Told], asked: argparse.Namespace) -> Path:
    at = datetime.now(UTC)
    facts = {
        "at": at.isoformat(timespec="seconds"),
        "part": asked.part,
        "time_limit": asked.time_limit,
        "load": os.getloadavg()[0],
        "projects": {origin.name: origin.version for origin in ORIGINS},
        "seeds": [{**asdict(each), "wrong": each.wrong} for each in found],
    }
    asked.output.mkdir(parents=True, exist_ok=True)
    path = asked.output / f"seeded-{at:%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps(facts, indent=1) + "\n")
    return path
