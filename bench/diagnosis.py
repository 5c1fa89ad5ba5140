"""How often a log is told right, how honest the confidences are, and how long 100 MB take."""

from __future__ import annotations

import argparse
import resource
import time
from itertools import chain, cycle

from rich.table import Table

from bench.figures import Figure, Order
from bench.sets import Found
from journeyman.repair.diagnosis import diagnose_log, diagnose_text
from tests.repair.diagnosis.logs import Endless, noise
from tests.repair.diagnosis.samples import Score, samples, score


def measure(order: Order) -> list[Figure]:
    """Measure both parts of the samples, and the speed."""
    told = [figure for part, found in _scores().items() for figure in _figures(part, found)]
    return [*told, *_speed(20 if order.quick else 100)]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option of this as a set of `bench.repair`."""
    parser.add_argument("--diagnosis", action="store_true", help="how many labelled logs are told right")


def measure_set(asked: argparse.Namespace) -> Found | None:
    """Measure accuracy and calibration if they were asked for."""
    if not asked.diagnosis:
        return None
    scores = _scores()
    drawn = Table(title="what is told of labelled logs")
    for heading in ("", "logs", "told right", "place right", "expected calibration error"):
        drawn.add_column(heading, justify="right" if heading else "left")
    for part, found in scores.items():
        shares = (f"{100 * each:.1f} %" for each in (found.accuracy, found.places))
        drawn.add_row(part, str(found.logs), *shares, f"{found.calibration_error:.3f}")
    facts = {
        part: {**found._asdict(), "accuracy": found.accuracy, "places": found.places}
        for part, found in scores.items()
    }
    return Found("diagnosis", (drawn,), facts)


def _scores() -> dict[str, Score]:
    """Return how well both parts of the samples are told; rules were made on one of them only."""
    parts = {"held out": True, "rules made on": False}
    return {
        part: score([each for each in samples() if each.held_out is held], diagnose_text)
        for part, held in parts.items()
    }


def _figures(part: str, found: Score) -> list[Figure]:
    name = f"diagnosis, {part}"
    return [
        Figure(f"{name}: logs told wrong", "%", 100 * found.wrong / found.logs, note=f"of {found.logs} logs"),
        Figure(f"{name}: places told wrong", "%", 100 * found.misplaced / max(found.placed, 1)),
        Figure(
            f"{name}: expected calibration error", "", found.calibration_error, note=f"{found.diagnoses} diagnoses"
        ),
    ]


def _speed(megabytes: int) -> list[Figure]:
    pieces = chain.from_iterable((noise(), each.text.encode()) for each in cycle(samples()))
    began = time.process_time()
    diagnose_log(Endless(pieces, megabytes * 1_000_000))
    taken = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure(
            "diagnosis: 100 MB of log", "s", taken * 100 / megabytes, 5.0, note=f"processor time, {megabytes} MB read"
        ),
        Figure("diagnosis: memory, the whole process", "MB", peak, 200.0),
    ]
