"""The tests that run each line, as the search for edits wants them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from journeyman.repair.laboratory import Laboratory
from journeyman.repair.localisation.spectrum import Spectrum, traced


class Located(msgspec.Struct, frozen=True):
    """What tracing found: the failing tests, and by path and line which of them run it and how many that pass."""

    failing: tuple[str, ...] = ()
    lines: dict[str, dict[str, tuple[list[int], int]]] = {}
    traced: int = 0
    collected: int = 0
    error: str = ""


async def locate(laboratory: Laboratory, paths: Sequence[str], failing: Sequence[str], seconds: float) -> Located:
    """Run the tests under the tracer for at most so many seconds."""
    return located(await traced(laboratory, paths, failing, seconds))


def located(spectrum: Spectrum) -> Located:
    """Return a spectrum line by line."""
    lines: dict[str, dict[str, tuple[list[int], int]]] = {}
    failing = len(spectrum.failing)
    for (path, line), mask in spectrum.hits.items():
        counts = spectrum.counts(mask)
        numbers = [number for number in range(failing) if mask >> number & 1]
        lines.setdefault(path, {})[str(line)] = (numbers, counts.hit_passing)
    names = tuple(test.name for test in spectrum.failing)
    return Located(names, lines, failing + spectrum.passing, spectrum.collected, spectrum.error)
