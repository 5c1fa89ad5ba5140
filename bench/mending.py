"""How long the example project takes without a model: as a task, and as a checkout by `journeyman fix`."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from pathlib import Path
from statistics import median

from bench import repositories
from bench.children import ROOT, NotMeasured, house, journeyman, must
from bench.figures import Figure, Order

TASK = "Make the failing checks pass"


def measure(order: Order) -> list[Figure]:
    """Measure both on examples/orders; the first run of each, with its installs, is not counted."""
    source = order.folder / "orders"
    shutil.copytree(ROOT / "examples" / "orders", source, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    for step in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "begin")):
        repositories.git(source, *step)
    variables = house(order.folder / "home")
    times = 2 if order.quick else 4
    words = journeyman("run", str(source), "--task", TASK, "--mode", "bugfix", "--model", "none", "--no-push")
    taken = [must(words, variables=variables).seconds for _ in range(times)]
    note = f"first run, with installs: {taken[0]:.1f} s"
    figures = [Figure("examples/orders mended without a model", "s", median(taken[1:]), note=note)]
    return [*figures, *_fix(source, variables, times)]


def _fix(source: Path, variables: dict[str, str], times: int) -> list[Figure]:
    """Measure `journeyman fix` on the broken checkout, and again on the mended one."""
    runs = []
    for _ in range(times):
        repositories.git(source, "checkout", "-q", ".")
        runs.append(_timed(source, variables))
    again = _timed(source, variables)
    first_word, whole, processor = (median(column) for column in zip(*runs[1:], strict=True))
    note = f"{processor:.1f} s of processor time"
    return [
        Figure("journeyman fix of examples/orders", "s", whole, note=note),
        Figure("journeyman fix: to its first word", "s", first_word),
        Figure("journeyman fix: on the mended checkout", "s", again[1], note=f"{again[2]:.1f} s of processor time"),
    ]


def _timed(source: Path, variables: dict[str, str]) -> tuple[float, float, float]:
    """Return the seconds to the first line, to the end, and of processor time."""
    used, began = _processor(), time.monotonic()
    child = subprocess.Popen(
        journeyman("fix", str(source)), env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert child.stderr is not None
    child.stderr.readline()
    first_word = time.monotonic() - began
    said = child.stderr.read()
    if child.wait() != 0:
        raise NotMeasured(f"journeyman fix ended with {child.returncode}:\n{os.fsdecode(said[-3000:])}")
    return first_word, time.monotonic() - began, _processor() - used


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
