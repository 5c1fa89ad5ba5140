"""How often a log is told right, how honest the confidences are, and how long 100 MB take."""

from __future__ import annotations

import resource
import time
from itertools import chain, cycle

from bench.figures import Figure, Order
from journeyman.repair.diagnosis import diagnose_log, diagnose_text
from tests.repair.diagnosis.logs import Endless, noise
from tests.repair.diagnosis.samples import Score, samples, score


def measure(order: Order) -> list[Figure]:
    """Measure both parts of the samples; rules were made on one of them only."""
    held = score([each for each in samples() if each.held_out], diagnose_text)
    made_on = score([each for each in samples() if not each.held_out], diagnose_text)
    return [*_figures("held out", held), *_figures("rules made on", made_on), *_speed(20 if order.quick else 100)]


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
