"""How suspicious a line is, by how many failing and passing tests run it: the formulas of the literature."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import msgspec


class Counts(msgspec.Struct, frozen=True):
    """How many of the failing and of the passing tests run a line."""

    hit_failing: int
    hit_passing: int
    failing: int
    passing: int


Formula = Callable[[Counts], float]


def ochiai(c: Counts) -> float:
    """Return the cosine between running the line and failing, from 0 to 1."""
    return c.hit_failing / math.sqrt(c.failing * (c.hit_failing + c.hit_passing)) if c.hit_failing else 0.0


def dstar(c: Counts) -> float:
    """Return D*, with the exponent 2, brought from 0 … infinity to 0 … 1."""
    against = c.hit_passing + (c.failing - c.hit_failing)
    return c.hit_failing**2 / (c.hit_failing**2 + against) if c.hit_failing else 0.0


def tarantula(c: Counts) -> float:
    """Return the share of failing tests that run the line, by the shares of both, from 0 to 1."""
    failing = c.hit_failing / c.failing if c.failing else 0.0
    passing = c.hit_passing / c.passing if c.passing else 0.0
    return failing / (failing + passing) if failing else 0.0


def barinel(c: Counts) -> float:
    """Return the chance that a run of the line fails, from 0 to 1."""
    return c.hit_failing / (c.hit_failing + c.hit_passing) if c.hit_failing else 0.0


def op2(c: Counts) -> float:
    """Return Op2, best for a single fault, brought to at most 1: failing tests first, passing ones to break ties."""
    return max(0.0, c.hit_failing - c.hit_passing / (c.passing + 1)) / c.failing if c.failing else 0.0


FORMULAS: Mapping[str, Formula] = {
    "ochiai": ochiai,
    "dstar": dstar,
    "tarantula": tarantula,
    "barinel": barinel,
    "op2": op2,
}
"""Each gives 0 … 1, more for the more suspicious."""


def scores(counts: Counts) -> dict[str, float]:
    """Return the score of a line by each formula."""
    return {name: round(formula(counts), 4) for name, formula in FORMULAS.items()}


_VOICES = {"op2": 4}
"""Op2 counts for so many: alone it was the best on the faults that the ranking was tried with."""


def combined(counts: Counts) -> float:
    """Return the mean of all formulas, from 0 to 1, in which Op2 counts more than once."""
    voices = {name: _VOICES.get(name, 1) for name in FORMULAS}
    return sum(FORMULAS[name](counts) * count for name, count in voices.items()) / sum(voices.values())
