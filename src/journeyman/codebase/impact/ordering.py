"""Puts chosen tests in the order in which they are likely to tell most in the least time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

import msgspec

from journeyman.codebase.impact.contract import ChosenTest
from journeyman.codebase.words import terms_of

LEAST_SECONDS = 0.002
"""What a test takes at least: shorter ones differ by chance."""


class Candidate(msgspec.Struct, frozen=True):
    """A chosen test; `ran` are the lines of the changed files that it ran, as bits."""

    name: str
    confidence: float
    because: str
    seconds: float
    ran: dict[str, int]


def ordered(candidates: list[Candidate], words: Iterable[str]) -> list[Candidate]:
    """Return the candidates, the surest first; among equals, those that run most of what none before them ran, in the
    least time, and those whose names tell of what changed."""
    wanted = {term for word in words for term in terms_of(word)}
    found: list[Candidate] = []
    for confidence in sorted({each.confidence for each in candidates}, reverse=True):
        alike = [each for each in candidates if each.confidence == confidence]
        found += _by_gain(sorted(alike, key=lambda each: each.name), wanted)
    return found


def _by_gain(candidates: list[Candidate], wanted: set[str]) -> list[Candidate]:
    """Take, again and again, the test with the greatest gain for its time; what is covered counts anew when nothing
    is left to gain."""
    near = [1.0 + len(wanted & _terms(each.name)) for each in candidates]
    covered: dict[str, int] = {}
    found: list[Candidate] = []
    waiting = [(-_worth(each, covered, near[at]), at) for at, each in enumerate(candidates)]
    heapify(waiting)
    while waiting:
        _, at = heappop(waiting)
        worth = _worth(candidates[at], covered, near[at])
        if waiting and -waiting[0][0] > worth:
            heappush(waiting, (-worth, at))
            continue
        if covered and not _gain(candidates[at], covered) and any(candidates[at].ran.values()):
            covered = {}
            again = [number for _, number in waiting] + [at]
            waiting = [(-_worth(candidates[number], covered, near[number]), number) for number in again]
            heapify(waiting)
            continue
        found.append(candidates[at])
        for path, lines in candidates[at].ran.items():
            covered[path] = covered.get(path, 0) | lines
    return found


def _gain(candidate: Candidate, covered: dict[str, int]) -> int:
    return sum((lines & ~covered.get(path, 0)).bit_count() for path, lines in candidate.ran.items())


def _worth(candidate: Candidate, covered: dict[str, int], near: float) -> float:
    return (0.1 + _gain(candidate, covered)) * near / max(candidate.seconds, LEAST_SECONDS)


def likeness(name: str, words: Iterable[str]) -> int:
    """Return how many terms of some words a test's name has."""
    return len({term for word in words for term in terms_of(word)} & _terms(name))


def _terms(name: str) -> set[str]:
    words = name.replace("/", " ").replace("::", " ").replace(".", " ").partition("[")[0].split()
    return {term for word in words for term in terms_of(word)}


def within(tests: list[ChosenTest], seconds: float) -> list[ChosenTest]:
    """Return the first tests that fit into a time together; one at least."""
    kept: list[ChosenTest] = []
    spent = 0.0
    for test in tests:
        if not kept or spent + test.seconds <= seconds:
            kept.append(test)
            spent += test.seconds
    return kept
