"""Break, mend, judge: each seed once, a second time to see that nothing changes; a table and JSON of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from threading import Lock

from platformdirs import user_cache_path
from rich.table import Table

from bench import repositories
from bench.children import ROOT, Ended, NotMeasured, house, journeyman, run
from bench.seeded.judging import HANGS, commands, committed, lay, passes, read, stage, told
from bench.seeded.projects import ORIGINS, Ready, ready
from bench.seeded.rules import CATEGORIES, seed
from bench.seeded.seeds import TESTS, Project, Seed
from bench.sets import Found

PER_CATEGORY = 10
MOST_NUMBERS = 60
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


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this set's options."""
    parser.add_argument("--seeded", action="store_true", help="failures of CI seeded into projects of the registries")
    parser.add_argument("--category", action="append", choices=list(CATEGORIES), help="of --seeded: only this")
    parser.add_argument("--way", action="append", help="of --seeded: only what goes wrong in this way")
    parser.add_argument("--part", choices=("seen", "held out", "all"), default="all", help="of --seeded")
    parser.add_argument("--each", type=int, metavar="N", help="of --seeded: so many of each category")
    parser.add_argument("--time-limit", type=int, default=60, metavar="SECONDS", help="of --seeded: for each seed")
    parser.add_argument("--entry", choices=("fix", "run"), default="fix", help="of --seeded: the command to measure")
    parser.add_argument("--projects", type=Path, default=user_cache_path("journeyman-bench"), metavar="FOLDER",
                        help="of --seeded: where projects and environments are kept")  # fmt: skip


def measure(asked: argparse.Namespace) -> Found | None:
    """Measure the seeds if they were asked for; not ok if a limit was not kept."""
    if not asked.seeded:
        return None
    projects = _projects(asked.projects / "projects")
    ledger = Ledger(asked.output / f"seeded-{asked.entry}-{asked.time_limit}s-{_commit()}.jsonl", asked)
    with ThreadPoolExecutor(asked.at_once) as pool, suppress(KeyboardInterrupt):  # what was measured so far is told
        for category in asked.category or CATEGORIES:
            chosen = list(islice(_seeds(category, projects, asked.projects / "seeds"), asked.each))
            parts = ("all", "held out"), ("all", "seen")
            wanted = [
                each
                for each in chosen
                if asked.part in parts[not each[1]] and (not asked.way or each[3] in asked.way)
            ]
            list(pool.map(lambda one, category=category: ledger.told(category, one), wanted))
    found = ledger.found
    limits = [each for each in found if each.category in NEARLY_ALL]
    kept = sum(each.right for each in limits) >= 0.95 * len(limits)
    facts = {
        "part": asked.part,
        "entry": asked.entry,
        "time_limit": asked.time_limit,
        "projects": {origin.name: origin.version for origin in ORIGINS},
        "seeds": [{**asdict(each), "wrong": each.wrong} for each in found],
    }
    return Found("seeded", (table(found),), facts, kept and not any(each.wrong or not each.again for each in found))


class Ledger:
    """What was told of each seed, a line each in a file that is named for the commit: asked again, it is known."""

    def __init__(self, path: Path, asked: argparse.Namespace) -> None:
        self._path = path
        self._asked = asked
        self._places: SimpleQueue[Path] = SimpleQueue()  # an environment is kept for each place of a repository
        for slot in range(asked.at_once):
            self._places.put(asked.projects / f"place-{slot}")
        self._lock = Lock()
        lines = path.read_text().splitlines() if path.exists() else []
        kept = [Told(**{**json.loads(line), "changed": tuple(json.loads(line)["changed"])}) for line in lines]
        self._known = {(told.category, told.number): told for told in kept}
        self.found: list[Told] = []

    def told(self, category: str, choice: Choice) -> None:
        """Measure a seed, or take what was told of it before."""
        number, held_out, place, way, made = choice
        told = self._known.get((category, number))
        again = " (measured before)" if told else ""
        work = self._places.get()
        try:
            told = told or _measured(place, made, self._asked, (category, number, way, held_out), work)
        finally:
            self._places.put(work)
        with self._lock:
            self.found.append(told)
            print(_line(told) + again, file=sys.stderr, flush=True)
            if not again:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a") as file:
                    file.write(json.dumps(asdict(told)) + "\n")


def _commit() -> str:
    """Return what the checkout is measured at; of one with changes of its own, their digest too."""
    head = repositories.git(ROOT, "rev-parse", "--short", "HEAD").strip()
    change = repositories.git(ROOT, "diff", "HEAD", "--", "src", "bench/seeded")
    return f"{head}-{sha256(change.encode()).hexdigest()[:6]}" if change.strip() else head


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


Choice = tuple[int, bool, Ready, str, Seed]
"""A seed's number, whether it is held out, its project, its way, itself."""


def _seeds(category: str, projects: dict[str, Ready], folder: Path) -> Iterator[Choice]:
    """Yield ten seeds that do make CI fail where it was green; every other one is held out.

    Which numbers these are is kept in the folder, as long as the rules stay as they are.
    """
    note = folder / f"{category}-{_rules_digest(projects)}.json"
    known: list[int] = json.loads(note.read_text()) if note.exists() else []
    kept: list[int] = []
    taken: set[object] = set()
    for number in known or range(MOST_NUMBERS):
        made = seed(category, number, [each.project for each in projects.values()])
        if made is None or len(kept) == max(PER_CATEGORY, len(CATEGORIES[category])):
            break
        project, way, change = made
        mark = (project.name, *(tuple(each.items()) for each in (change.base, change.texts, change.modes)))
        if mark not in taken and (known or _breaks(projects[project.name], change, folder / "choice")):
            taken.add(mark)
            kept.append(number)
            yield number, len(kept) % 2 == 0, projects[project.name], way, change
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(kept))


def _rules_digest(projects: dict[str, Ready]) -> str:
    rules = sorted(Path(__file__).with_name("rules").glob("*.py"))
    words = b"".join(path.read_bytes() for path in rules) + " ".join(projects).encode()
    return sha256(words).hexdigest()[:12]


def _breaks(place: Ready, change: Seed, folder: Path) -> bool:
    project = place.project
    if any(" " not in check and check not in project.checks for check in change.checks):
        return False
    if change.outcome == "told as flaky":
        return True
    at, asked = stage(project, change), commands(project, change)
    failing = passes(place, folder, at.seeded, at.modes, asked)
    if not failing or failing.startswith(HANGS):
        return False
    if change.declares or not change.base or change.outcome == "left alone":
        return True
    tested = [project.checks[TESTS]] if TESTS in change.checks else asked
    return not passes(place, folder, at.wanted, {}, tested)


def _measured(
    place: Ready, change: Seed, asked: argparse.Namespace, facts: tuple[str, int, str, bool], work: Path
) -> Told:
    category, number, way, held_out = facts
    project = place.project
    folder = work / project.name
    at = stage(project, change)
    lay(folder, at.base, {})
    committed(folder, "all is well")
    lay(folder, at.seeded, at.modes)
    committed(folder, "a change")
    began = time.monotonic()
    ended = _fix(folder, project, change, asked)
    while change.outcome == "told as flaky" and ended.code == 0:  # it happened to pass, so there was nothing to tell
        ended = _fix(folder, project, change, asked)
    seconds = time.monotonic() - began
    files, modes = read(folder)
    changed = tuple(sorted(p for p in {*files, *at.seeded} if files.get(p) != at.seeded.get(p)))
    again = not changed or _unchanged(folder, project, change, asked)
    why = told(place, work / "judging", change, files, modes)
    trusted = bool(change.declares) and ended.code == 0  # what it needs is installed in the sandbox alone
    failing = "" if trusted else passes(place, work / "judging", files, modes, commands(project, change))
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
    """Return the JSON object that is the answer; progress, which may have braces too, stands before it."""
    for line in reversed(ended.said.splitlines()):
        if line.startswith("{"):
            try:
                return dict(json.loads(line))
            except ValueError:
                continue
    return {}


def _fix(folder: Path, project: Project, change: Seed, asked: argparse.Namespace) -> Ended:
    """Let Journeyman mend a checkout, as a person would: by `fix`, or by a run whose branch is then checked out."""
    option = "--check" if asked.entry == "fix" else "--validate"
    checks = [word for command in commands(project, change) for word in (option, command)]
    more = {name: words for name, words in os.environ.items() if name.startswith(("PIP_", "UV_", "npm_config_"))}
    variables = house(asked.projects / "home", **more)
    if asked.entry == "fix":
        limit = ("--time-limit", str(asked.time_limit))
        return run(journeyman("fix", str(folder), *checks, "--json", *limit, *change.options), variables=variables)
    committed(folder, "as it is")
    task = ("--task", "Make the failing checks pass", "--mode", "bugfix", "--model", "none", "--json")
    ended = run(journeyman("run", str(folder), *task, *checks), variables=variables)
    branch = str(_said(ended).get("branch_name") or "")
    if ended.code == 0 and branch:
        repositories.git(folder, "checkout", "-q", "--force", branch)
        repositories.git(folder, "checkout", "-q", "-B", "main")
    return ended


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
