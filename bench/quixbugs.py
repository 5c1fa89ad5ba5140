"""Sets the mender on the forty programs of QuixBugs, from a checkout, and tells what came of it.

Each program and its own tests become a small project in the real sandbox; the corrected programs stay outside. A
patch is right if it does as the corrected program does on 200 further inputs. The templates of the search were tuned
on this set, so these figures say how well known faults are covered, not how new ones fare.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from rich.table import Table

from bench import repositories
from bench.faults.workshop import Worked, Workshop
from bench.quixbugs_inputs import RULES
from bench.sets import Found

COMMAND = "python -m pytest -q -p no:cacheprovider --timeout=5"
SECONDS = 120.0
CONFTEST = "import pytest\n\npytest.use_correct = False\npytest.run_slow = False\n"
PASSING, RIGHT, MEDIAN_CPU, WORST_CPU = 40, 39, 0.5, 10.0


@dataclass(frozen=True)
class Result:
    """What came of one program.

    `cpu` are the processor's seconds of the program that searches, collecting the tests included, `first_cpu` those
    up to its first patch; `whole` those of
    everything, the check's runs before and after too. `first`: only --apply-first made it pass.
    """

    name: str
    passes: bool
    right: bool
    first: bool
    choices: int
    cpu: float
    first_cpu: float
    whole: float
    wall: float
    tried: int
    per_second: float
    summary: str


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this set's options."""
    parser.add_argument("--quixbugs", type=Path, metavar="DIR", help="the programs of a checkout of QuixBugs")
    parser.add_argument("--program", action="append", choices=RULES, help="of these, only this one; repeatable")


def measure(asked: argparse.Namespace) -> Found | None:
    """Measure the programs if a checkout was given."""
    if asked.quixbugs is None:
        return None
    checkout = asked.quixbugs.absolute()
    with tempfile.TemporaryDirectory(prefix="journeyman-quixbugs-") as scratch:
        Path(scratch).chmod(0o755)
        results = asyncio.run(_all(checkout, asked.program or list(RULES), Path(scratch)))
    facts = {"tuned_on": True, "results": [asdict(result) for result in results]}
    return Found("quixbugs", (_table(results),), facts, _reached(results))


async def _all(checkout: Path, names: list[str], folder: Path) -> list[Result]:
    workshop, results = Workshop(folder), []
    for name in names:
        results.append(await _measured(workshop, checkout, name, folder))
        print(f"{name}: {results[-1]}", file=sys.stderr, flush=True)
    return results


async def _measured(workshop: Workshop, checkout: Path, name: str, folder: Path) -> Result:
    """Mend a program. If patches that differ were shown, the first of them is judged as well, and not counted as
    applied by itself."""
    repository = _laid(checkout, name, folder)
    worked = await workshop.mend(repository, COMMAND, SECONDS)
    result = _result(checkout, name, worked, folder)
    if not worked.mended.choices:
        return result
    again = await workshop.mend(repository, COMMAND, SECONDS, apply_first=True)
    return replace(_result(checkout, name, again, folder), first=True, choices=len(worked.mended.choices))


def _laid(checkout: Path, name: str, folder: Path) -> Path:
    """Return a git repository of one program with its tests."""
    place = folder / name
    source, tests = checkout / "python_programs", checkout / "python_testcases"
    files = {
        "requirements.txt": "pytest\npytest-timeout\n",
        f"python_programs/{name}.py": (source / f"{name}.py").read_text(),
        "python_programs/__init__.py": "",
        "python_programs/node.py": (source / "node.py").read_text(),
        "tests/conftest.py": CONFTEST,
        f"tests/test_{name}.py": (tests / f"test_{name}.py").read_text(),
        "tests/load_testdata.py": (tests / "load_testdata.py").read_text(),
        "tests/node.py": (tests / "node.py").read_text(),
    }
    cases = checkout / "json_testcases" / f"{name}.json"
    if cases.exists():
        files[f"json_testcases/{name}.json"] = cases.read_text()
    for path, text in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "begin")):
        repositories.git(place, *words)
    return place


def _result(checkout: Path, name: str, worked: Worked, folder: Path) -> Result:
    passes = bool(worked.texts) and worked.mended.report.passed
    last = worked.searching[-1] if worked.searching else None
    return Result(
        name=name,
        passes=passes,
        right=passes and _right(checkout, name, worked.texts[f"python_programs/{name}.py"], folder),
        first=False,
        choices=len(worked.mended.choices),
        cpu=round(worked.searched_cpu, 2),
        first_cpu=round(worked.first_cpu, 2),
        whole=round(worked.cpu, 2),
        wall=round(worked.wall, 2),
        tried=last.tried if last else 0,
        per_second=round(last.per_second, 1) if last else 0.0,
        summary="; ".join(mend.summary for mend in worked.mended.mends),
    )


def _right(checkout: Path, name: str, text: str, folder: Path) -> bool:
    """Tell whether a mended program does as the corrected one does on further inputs."""
    place = folder / "judged" / f"{name}.py"
    place.parent.mkdir(exist_ok=True)
    place.write_text(text.replace("from .node", "from node"))
    (place.parent / "node.py").write_text((checkout / "python_programs" / "node.py").read_text())
    command = [sys.executable, "-m", "bench.quixbugs_inputs", name]
    reference = checkout / "correct_python_programs" / f"{name}.py"
    return not subprocess.run([*command, str(reference), str(place)], capture_output=True).returncode


def _reached(results: list[Result]) -> bool:
    cpu = [result.first_cpu or result.cpu for result in results]
    counted = sum(result.passes for result in results), sum(result.right for result in results)
    least = min(PASSING, len(results)), min(RIGHT, len(results))
    return counted >= least and median(cpu) <= MEDIAN_CPU and max(cpu) <= WORST_CPU


def _table(results: list[Result]) -> Table:
    drawn = Table(title="QuixBugs, Python (templates were tuned on it)")
    for heading in ("figure", "measured", "asked"):
        drawn.add_column(heading, justify="left" if heading == "figure" else "right")
    cpu = [result.first_cpu or result.cpu for result in results]
    all_cpu = [result.cpu for result in results]
    shown = [result for result in results if result.choices]
    rates = [result.tried / result.cpu for result in results if result.cpu and result.tried]
    rows = (
        ("programs", len(results), ""),
        ("all tests pass", sum(result.passes for result in results), PASSING),
        ("right on further inputs", sum(result.right for result in results), RIGHT),
        ("of these by --apply-first alone", sum(result.passes for result in shown), ""),
        ("CPU s to the first patch, median", f"{median(cpu):.2f}", MEDIAN_CPU),
        ("CPU s to the first patch, worst", f"{max(cpu):.2f}", WORST_CPU),
        (
            "CPU s of the whole search, rivals compared: median, worst",
            f"{median(all_cpu):.2f}, {max(all_cpu):.2f}",
            "",
        ),
        ("CPU s with the check's runs, median", f"{median(result.whole for result in results):.2f}", ""),
        ("candidates per CPU s, start of the tests included, median", f"{median(rates or [0]):.0f}", ""),
        ("left or wrong", " ".join(result.name for result in results if not result.right), ""),
    )
    for row in rows:
        drawn.add_row(*map(str, row))
    return drawn
