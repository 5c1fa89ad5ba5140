"""What a turn of the coder costs besides the model's own time."""

from __future__ import annotations

from statistics import median

from bench import repositories, rival
from bench.figures import Figure, Order
from bench.model import model_server
from bench.racing import Heat, Race

FILES = 50
LONG = 1_000
STRETCH = 100
"""Turns at the beginning and at the end that are compared, or a tenth of all if there are fewer."""


def measure(order: Order) -> list[Figure]:
    """Measure turns of ours and of the rival's, in turn, on one script; the first heat of ours is not counted."""
    program = f"{rival.NAME} not measured: --quick" if order.quick else rival.install()
    with model_server() as server:
        race = Race(server, order.folder, repositories.make(order.folder / "source", FILES))
        race.ours(1)
        ours, theirs = [], []
        for _ in range(1 if order.quick or order.turns > 300 else 3):
            ours.append(race.ours(order.turns))
            if not isinstance(program, str):
                theirs.append(race.theirs(program, order.turns))
        whole = ours if order.quick or order.turns >= LONG else [race.ours(LONG)]
    name = program if isinstance(program, str) else rival.NAME
    their_turn = _median(theirs) if theirs else None
    their_growth = median(map(growth, theirs)) if theirs else None
    note = "sandboxed, durable, snapshotted; the rival is none of these"
    return [
        Figure(f"turn of the coder, median of {order.turns}", "ms", _median(ours), 20, 10, their_turn, name, note),
        Figure(
            "turn at the end / at the beginning", "x", median(map(growth, whole)), 1.3, rival=their_growth,
            rival_name=f"{rival.NAME}, {order.turns} turns" if theirs else "",
            note=f"the last 100 of {len(whole[0].turns) + 1} turns, by the first 100",
        ),
    ]  # fmt: skip


def _median(heats: list[Heat]) -> float:
    return median(turn for heat in heats for turn in heat.turns)


def growth(heat: Heat) -> float:
    """Return how much longer the last turns take than the first; the very first, which warms up, is left out."""
    turns = heat.turns[1:]
    stretch = min(STRETCH, max(len(turns) // 5, 1))
    return median(turns[-stretch:]) / median(turns[:stretch])
