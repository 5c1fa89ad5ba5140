"""Measure, print one table, write JSON under bench/results/."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.children import NotMeasured
from bench.figures import Figure, Measuring, Order
from bench.registry import MEASURINGS

NARROWEST = 150
"""Columns of the table, also where there is no terminal."""

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """Measure what was asked for. Returns 1 if a limit was not kept or a figure could not be measured."""
    asked = _arguments(list(MEASURINGS))
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="journeyman-bench-") as scratch:
        os.chmod(scratch, 0o755)
        for name in asked.only or MEASURINGS:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            folder = Path(scratch) / name
            folder.mkdir()
            order = Order(folder, asked.quick, asked.long or (20 if asked.quick else 100))
            figures += _measured(name, MEASURINGS[name], order)
    console = Console()
    console.width = max(console.width, NARROWEST)
    console.print(table(figures))
    print(_write(figures, asked.output))
    return int(any(figure.kept is False or figure.measured is None for figure in figures))


def _measured(name: str, measuring: Measuring, order: Order) -> list[Figure]:
    """Return the figures, or one that says why there are none: the others are still wanted."""
    try:
        return measuring(order)
    except NotMeasured as failure:
        print(failure, file=sys.stderr)
        return [Figure(name, "", None, note=" ".join(str(failure).split())[-200:])]


def _arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=names, help="measure this; repeatable")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, no rival that must be installed")
    parser.add_argument("--long", type=int, metavar="TURNS", help="turns of the coder, instead of 100")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER", help="where the JSON goes")
    return parser.parse_args()


def table(figures: list[Figure]) -> Table:
    """Return the table that a person reads."""
    drawn = Table(title="Journeyman, measured")
    for heading in ("figure", "measured", "limit", "rival", "ratio", "note"):
        drawn.add_column(heading, justify="left" if heading in ("figure", "note", "rival") else "right")
    for figure in figures:
        colour = {True: "green", False: "red", None: "default"}[figure.kept]
        rival = f"{_number(figure.rival)} {figure.rival_name}" if figure.rival is not None else figure.rival_name
        drawn.add_row(
            figure.name,
            f"[{colour}]{_number(figure.measured)} {figure.unit}[/]",
            _number(figure.limit) + (f" (aim {_number(figure.aim)})" if figure.aim is not None else ""),
            rival,
            f"{figure.ratio:.2f}" if figure.ratio is not None else "",
            figure.note,
        )
    return drawn


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _write(figures: list[Figure], folder: Path) -> Path:
    at = datetime.now(UTC)
    facts = {
        "at": at.isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(),
            "load": os.getloadavg()[0],
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "figures": [figure.as_json() for figure in figures],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{at:%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps(facts, indent=1) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
