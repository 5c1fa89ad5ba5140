"""How long a cold start takes to the first request, and how much memory a run needs."""

from __future__ import annotations

from statistics import median

from bench import repositories, rival
from bench.figures import Figure, Order
from bench.model import model_server
from bench.racing import Race

FILES = 1_000
TURNS = 5


def measure(order: Order) -> list[Figure]:
    """Measure starts on a known repository of 1,000 files, ours and the rival's in turn."""
    program = f"{rival.NAME} not measured: --quick" if order.quick else rival.install()
    with model_server() as server:
        race = Race(server, order.folder, repositories.make(order.folder / "source", FILES))
        race.ours(TURNS)
        ours, theirs = [], []
        for _ in range(2 if order.quick else 5):
            ours.append(race.ours(TURNS))
            if not isinstance(program, str):
                theirs.append(race.theirs(program, TURNS))
    name = program if isinstance(program, str) else rival.NAME
    first = median(heat.to_first_request for heat in ours)
    peak = median(heat.ended.megabytes for heat in ours)
    their_first = median(heat.to_first_request for heat in theirs) if theirs else None
    their_peak = median(heat.ended.megabytes for heat in theirs) if theirs else None
    return [
        Figure("first request, 1,000 files, known", "s", first, 0.8, rival=their_first, rival_name=name),
        Figure("peak memory of a run", "MB", peak, 120, rival=their_peak, rival_name=name),
    ]
