"""How long the example project takes without a model."""

from __future__ import annotations

import shutil
from statistics import median

from bench import repositories
from bench.children import ROOT, house, journeyman, must
from bench.figures import Figure, Order

TASK = "Make the failing checks pass"


def measure(order: Order) -> list[Figure]:
    """Measure `journeyman run --model none` on examples/orders; the first run, with its installs, is not counted."""
    source = order.folder / "orders"
    shutil.copytree(ROOT / "examples" / "orders", source, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    for step in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "begin")):
        repositories.git(source, *step)
    home = order.folder / "home"
    variables = house(home)
    words = journeyman("run", str(source), "--task", TASK, "--mode", "bugfix", "--model", "none", "--no-push")
    taken = []
    for _ in range(2 if order.quick else 4):
        ended = must(words, variables=variables)
        taken.append(ended.seconds)
    note = f"first run, with installs: {taken[0]:.1f} s"
    return [Figure("examples/orders mended without a model", "s", median(taken[1:]), note=note)]
