"""Measure mending without a model: print a table for each set that is asked for, write JSON under bench/results/.

A set is a module with `arguments`, which adds its options, and `measure`, which returns what it found, or None if it
was not asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench import diagnosis, localising, quixbugs
from bench.faults import measuring as faults
from bench.seeded import measuring as seeded
from bench.sets import Found

RESULTS = Path(__file__).with_name("results")
WIDTH = 150


Measure = Callable[[argparse.Namespace], Found | None]

SETS: tuple[tuple[Callable[[argparse.ArgumentParser], None], Measure], ...] = (
    (diagnosis.arguments, diagnosis.measure_set),
    (faults.arguments, faults.measure),
    (localising.arguments, localising.measure),
    (seeded.arguments, seeded.measure),
    (quixbugs.arguments, quixbugs.measure),
)


def main() -> int:
    """Measure what was asked for. Returns 1 if a limit was not kept, 2 if nothing was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.repair", description=__doc__)
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER", help="where the JSON goes")
    for arguments, _ in SETS:
        arguments(parser)
    asked = parser.parse_args()
    console, found = Console(), []
    console.width = max(console.width, WIDTH)
    for _, measure in SETS:
        if part := measure(asked):
            found.append(part)
            for table in part.tables:
                console.print(table)
            print(_write(part, asked.output))
    if not found:
        parser.print_usage(sys.stderr)
        return 2
    return int(not all(part.ok for part in found))


def _write(found: Found, folder: Path) -> Path:
    at = datetime.now(UTC)
    machine = {"cpus": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found.name}-{at:%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps({"at": at.isoformat(timespec="seconds"), "machine": machine, **found.facts}) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
