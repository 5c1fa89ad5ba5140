"""Sets the mender on injected faults and tells what came of it.

Each fault is put into a fresh copy of its package, as a git repository, with half of the test functions taken out.
The mender is given the test command and works in the real sandbox. A patch is right if it gives back the program as
it was, but for its text, or if all tests of the package pass with it, those that were hidden too.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median

from rich.table import Table

from bench import repositories
from bench.faults import reasons
from bench.faults.hiding import functions_that_test, hidden_half, hide
from bench.faults.injecting import PATIENCE, SEED, Case, cases
from bench.faults.packages import Package, packages, project
from bench.faults.source import hurt
from bench.faults.workshop import Worked, Workshop
from bench.sets import Found

SECONDS = 60.0
"""The mender's time limit for each fault; half of the default."""

TOP = 5


@dataclass(frozen=True)
class Result:
    """What came of one fault.

    `same`: the program is as it was. `right`: the same, or every test passes. `choices` counts plausible patches that
    were shown and not applied, `choice_right` tells whether the program as it was is one of them. Seconds: `wall` of
    mending, `cpu` with the first run of the tests, `first_cpu` of the search up to its first patch. `place` is where
    the hurt function stands among the suspects of the search, 0 if it does not; `why` it was not mended.
    """

    case: str
    package: str
    rule: str
    edits: int
    failing: int
    fixed: bool
    same: bool
    right: bool
    choices: int
    choice_right: bool
    wall: float
    cpu: float
    tried: int
    per_second: float
    summary: str
    error: str = ""
    first_cpu: float = 0.0
    searched_cpu: float = 0.0
    place: int = 0
    why: str = ""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this set's options."""
    parser.add_argument("--faults", action="store_true", help="faults injected into packages of the registry")
    parser.add_argument("--sample", type=int, metavar="N", help="that many of the faults, of all rules and packages")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="time limit for each fault")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="where packages and environments are kept")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="where each result is added; what is there stays")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="faults, or seeds, worked on at once")


def measure(asked: argparse.Namespace) -> Found | None:
    """Measure the faults if they were asked for."""
    if not asked.faults:
        return None
    with tempfile.TemporaryDirectory(prefix="journeyman-faults-") as scratch:
        Path(scratch).chmod(0o755)
        folder = asked.kept.absolute() if asked.kept else Path(scratch)
        wanted = sample(cases(), asked.sample)
        results = known(asked.resume, {case.name for case in wanted})
        measured = {result.case for result in results}

        def keep(result: Result) -> None:
            results.append(result)
            if asked.resume:
                with asked.resume.open("a") as file:
                    file.write(json.dumps(asdict(result)) + "\n")

        left = [case for case in wanted if case.name not in measured]
        with suppress(KeyboardInterrupt):  # what was measured so far is told
            asyncio.run(_all(left, folder, asked.seconds, asked.at_once, keep))
    versions = {package.name: package.version for package in packages()}
    facts = {"seed": SEED, "seconds": asked.seconds, "packages": versions, "results": [asdict(r) for r in results]}
    return Found("faults", tuple(tables(results, asked.seconds)), facts)


def known(file: Path | None, wanted: set[str]) -> list[Result]:
    """Return the wanted results that an earlier run left."""
    lines = file.read_text().splitlines() if file and file.exists() else []
    found = {row["case"]: Result(**row) for row in map(json.loads, lines)}
    return [result for name, result in found.items() if name in wanted]


def sample(all_cases: list[Case], count: int | None) -> list[Case]:
    """Return so many cases, the rules taking turns, or all of them; always the same ones in the same order."""
    count = min(len(all_cases), count if count is not None else len(all_cases))
    by_rule: dict[str, list[Case]] = defaultdict(list)
    for case in sorted(all_cases, key=lambda case: sha256(case.name.encode()).digest()):
        by_rule[case.rule].append(case)
    taken: list[Case] = []
    while len(taken) < count:
        taken += [found.pop() for found in by_rule.values() if found]
    return taken[:count]


async def _all(
    wanted: list[Case], folder: Path, seconds: float, at_once: int, keep: Callable[[Result], None]
) -> None:
    known = {package.name: package for package in packages()}
    for name in dict.fromkeys(case.package for case in wanted):
        project(known[name], folder)
    workshop, gate = Workshop(folder), asyncio.Semaphore(at_once)

    async def one(number: int, case: Case) -> None:
        async with gate:
            result = await _measured(workshop, known[case.package], case, folder, seconds)
            said = "right" if result.right else "fixed" if result.fixed else result.why
            print(f"{number}/{len(wanted)} {case.name}: {said} {result.error}", file=sys.stderr, flush=True)
            keep(result)

    await asyncio.gather(*(one(number, case) for number, case in enumerate(wanted, 1)))


async def _measured(workshop: Workshop, package: Package, case: Case, folder: Path, seconds: float) -> Result:
    """Return what came of a fault; a mender that breaks is a result too."""
    place = folder / "mended" / sha256(case.name.encode()).hexdigest()[:16]
    shutil.rmtree(place, ignore_errors=True)
    try:
        repository = laid(package, case, project(package, folder), place)
        worked = await workshop.mend(repository, package.command, seconds)
        return await _result(workshop, package, case, place, worked, seconds)
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return Result(
            case.name, package.name, case.rule, len(case.edits), case.failing,
            False, False, False, 0, False, 0.0, 0.0, 0, 0.0, "", words,
        )  # fmt: skip
    finally:
        shutil.rmtree(place, ignore_errors=True)


def laid(package: Package, case: Case, original: Path, place: Path) -> Path:
    """Return a git repository of the hurt package without the hidden tests. Beside it lies `whole`, as it was."""
    shutil.copytree(original, place / "whole")
    repository = place / place.name
    shutil.copytree(original, repository)
    file = repository / case.path
    file.write_bytes(hurt(file.read_bytes(), case.edits))
    hide(repository, hidden_half(functions_that_test(repository), SEED) - set(case.shown))
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "begin")):
        repositories.git(repository, *words)
    return repository


async def _result(
    workshop: Workshop, package: Package, case: Case, place: Path, worked: Worked, seconds: float
) -> Result:
    whole, mended = place / "whole", worked.mended
    files = place / place.name / case.path, whole / case.path
    fixed = bool(worked.texts) and mended.report.passed
    same = fixed and all(_same(whole / path, text) for path, text in worked.texts.items())
    right = same or (fixed and await _passes(workshop, package, whole, worked))
    last = worked.searching[-1] if worked.searching else None
    return Result(
        case=case.name,
        package=package.name,
        rule=case.rule,
        edits=len(case.edits),
        failing=case.failing,
        fixed=fixed,
        same=same,
        right=right,
        choices=len(mended.choices),
        choice_right=any(_is_original(place, choice.diff, case.path) for choice in mended.choices),
        wall=round(worked.wall, 2),
        cpu=round(worked.cpu, 2),
        tried=last.tried if last else 0,
        per_second=round(last.per_second, 1) if last else 0.0,
        summary="; ".join(mend.summary for mend in mended.mends),
        first_cpu=round(worked.first_cpu, 2),
        searched_cpu=round(worked.searched_cpu, 2),
        place=_place(case, worked),
        why=reasons.MENDED if fixed else reasons.why(case, worked.answer, len(mended.choices), seconds, *files),
    )


def _place(case: Case, worked: Worked) -> int:
    units = (worked.answer or {}).get("units", [])
    places = [units.index(f"{fault.path}:{fault.function}") + 1 for fault in case.edits
              if f"{fault.path}:{fault.function}" in units]  # fmt: skip
    return min(places, default=0)


def _same(file: Path, text: str) -> bool:
    try:
        return ast.dump(ast.parse(file.read_text())) == ast.dump(ast.parse(text))
    except (OSError, SyntaxError, ValueError):
        return False


def _is_original(place: Path, diff: str, path: str) -> bool:
    """Tell whether a patch that was shown gives the program back as it was."""
    repository = place / place.name
    applied = subprocess.run(["git", "apply"], input=diff.encode(), cwd=repository, capture_output=True)
    same = applied.returncode == 0 and _same(place / "whole" / path, (repository / path).read_text())
    repositories.git(repository, "checkout", "-q", ".")
    return same


async def _passes(workshop: Workshop, package: Package, whole: Path, worked: Worked) -> bool:
    """Tell whether all tests of a package pass with a patch, in a sandbox of their own."""
    for path, text in worked.texts.items():
        (whole / path).write_text(text)
    async with workshop.open(whole) as bay:
        return (await bay.test(package.command, PATIENCE)).passed


def tables(results: list[Result], seconds: float) -> Iterator[Table]:
    """Yield what a person reads: one-edit faults by rule and by package, two-edit faults apart."""
    single = [result for result in results if result.edits == 1]
    yield _table(f"one-edit faults by rule, {seconds:.0f} s each", single, lambda result: result.rule)
    yield _table("one-edit faults by package", single, lambda result: result.package)
    if pairs := [result for result in results if result.edits > 1]:
        yield _table("two-edit faults by package", pairs, lambda result: result.package)
    yield _reasons([result for result in results if not result.fixed])


def _reasons(left: list[Result]) -> Table:
    drawn = Table(title="why the others were not mended")
    drawn.add_column("")
    drawn.add_column("faults", justify="right")
    for reason, count in Counter(result.why or result.error for result in left).most_common():
        drawn.add_row(reason, str(count))
    return drawn


def _table(title: str, results: list[Result], key: Callable[[Result], str]) -> Table:
    drawn = Table(title=title)
    drawn.add_column("")
    for heading in ("faults", "mended", "right", "precision", "as it was", "choices", "top 5", "CPU s", "per CPU s"):
        drawn.add_column(heading, justify="right")
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)
    for name in sorted(groups):
        drawn.add_row(name, *_row(groups[name]))
    drawn.add_section()
    drawn.add_row("all", *_row(results))
    return drawn


def _row(results: list[Result]) -> Iterable[str]:
    count = len(results)
    fixed = sum(result.fixed for result in results)
    right = sum(result.right for result in results)
    cpu = sum(result.searched_cpu for result in results)
    return (
        str(count),
        f"{fixed} ({_share(fixed, count)})",
        f"{right} ({_share(right, count)})",
        _share(right, fixed),
        str(sum(result.same for result in results)),
        str(sum(result.choices > 1 for result in results)),
        _share(sum(0 < result.place <= TOP for result in results), count),
        f"{median(result.cpu for result in results):.1f}" if results else "-",
        f"{sum(result.tried for result in results) / cpu:.0f}" if cpu else "-",
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"
