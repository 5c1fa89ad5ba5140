"""Has candidates judged inside the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from journeyman.repair.laboratory import Laboratory
from journeyman.repair.search.candidates import Candidate


class Verdicts(msgspec.Struct, frozen=True):
    """What judging found: the numbers of plausible candidates in their order, and how many ended how."""

    plausible: tuple[int, ...] = ()
    counts: dict[str, int] = {}
    hanging: int = 0
    error: str = ""


async def judge(
    laboratory: Laboratory, candidates: Sequence[Candidate], targets: Sequence[str], seconds: float, further: int
) -> Verdicts:
    """Judge candidates by the target tests and by the passing ones that cover them. The tests were traced before."""
    units = list(dict.fromkeys(candidate.unit for candidate in candidates))
    number = {unit: position for position, unit in enumerate(units)}
    rows = [[i, number[c.unit], c.edit.start, c.edit.end, c.edit.text] for i, c in enumerate(candidates)]
    job: dict[str, Any] = {
        "kind": "judge",
        "units": [msgspec.to_builtins(unit) for unit in units],
        "candidates": rows,
        "targets": list(targets),
        "seconds": seconds,
        "further": further,
    }
    return msgspec.convert(await laboratory.do(job, seconds), Verdicts)
