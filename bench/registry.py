"""Which figures there are, by the name that `--only` takes."""

from __future__ import annotations

from bench import (
    cold_start,
    diagnosis,
    growth,
    help_page,
    indexing,
    ledger,
    many,
    memory,
    mending,
    redaction,
    sandboxes,
    trees,
    turns,
)
from bench.figures import Measuring

MEASURINGS: dict[str, Measuring] = {
    "help": help_page.measure,
    "sandbox": sandboxes.measure,
    "trees": trees.measure,
    "start": cold_start.measure,
    "ledger": ledger.measure,
    "turn": turns.measure,
    "many": many.measure,
    "repair": mending.measure,
    "diagnosis": diagnosis.measure,
    "redaction": redaction.measure,
    "index": indexing.measure,
    "growth": growth.measure,
    "memory": memory.measure,
}
