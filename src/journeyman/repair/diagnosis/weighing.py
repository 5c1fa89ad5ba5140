"""From sightings to diagnoses: the same failure once, causes before what follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from journeyman.domain.diagnoses import Category, Diagnosis, Evidence

MOST_EVIDENCE = 4
DOUBT = 0.5
"""What is left of a rule's doubt. Rules are given with caution; the logs they were made on show half of it."""
EXPLAINED = 5
"""Confidence left to what a surer cause in the same log explains."""

SURE = 85
"""Confidence from which a failure is held to explain others."""

EXPLAINS: dict[Category, frozenset[Category]] = {
    Category.INFRASTRUCTURE: frozenset({Category.MISSING_DEPENDENCY, Category.TIME_OUT, Category.ENVIRONMENT}),
    Category.FLAKY: frozenset({Category.ASSERTION, Category.EXCEPTION}),
    Category.TIME_OUT: frozenset({Category.EXCEPTION}),
    Category.SNAPSHOT: frozenset({Category.ASSERTION, Category.EXCEPTION}),
    Category.SYNTAX: frozenset({Category.EXCEPTION, Category.LINT}),
    Category.FORMAT: frozenset({Category.LINT}),
    Category.IMPORT: frozenset({Category.EXCEPTION}),
    Category.MISSING_DEPENDENCY: frozenset({Category.EXCEPTION, Category.IMPORT}),
}
"""What commonly follows from what; it is so held only of the places that the cause has too, or of none."""


class Sighting(NamedTuple):
    """One line that a rule fits; `number` and `text` are its evidence. A guess counts only where nothing is known."""

    category: Category
    confidence: int
    path: str
    line: int
    message: str
    number: int
    text: str
    guess: bool = False


def weighed(sightings: Iterable[Sighting]) -> tuple[Diagnosis, ...]:
    """Return the diagnoses, the likeliest cause first, then in the order of the log."""
    told = list(sightings)
    groups = _grouped([each for each in told if not each.guess] or told)
    found = [_diagnosis(group) for group in groups]
    found = [_explained(each, found) for each in found]
    return tuple(sorted(found, key=lambda each: -each.confidence))


def _grouped(sightings: list[Sighting]) -> list[list[Sighting]]:
    """Put together what tells of one failure: same place, or no place of its own and the same category."""
    placed: dict[tuple[Category, str, int], list[Sighting]] = {}
    for sighting in sorted(sightings, key=lambda each: (not each.line, not each.path)):
        key = (sighting.category, sighting.path, sighting.line)
        if not sighting.line:
            key = next((k for k in placed if k[0] == key[0] and (not key[1] or k[1] == key[1])), key)
        placed.setdefault(key, []).append(sighting)
    groups = [sorted(group, key=lambda each: each.number) for group in placed.values()]
    return sorted(groups, key=lambda group: group[0].number)


def _diagnosis(group: list[Sighting]) -> Diagnosis:
    first = next((each for each in group if each.line), group[0])
    confidence = round(100 - DOUBT * (100 - max(each.confidence for each in group)))
    evidence = tuple(dict.fromkeys(Evidence(each.number, each.text) for each in group))[:MOST_EVIDENCE]
    return Diagnosis(first.category, first.message, confidence, first.path, first.line, evidence)


def _explained(one: Diagnosis, all_of_them: list[Diagnosis]) -> Diagnosis:
    for cause in all_of_them:
        same = not one.path or not cause.path or one.path == cause.path
        if one.category in EXPLAINS.get(cause.category, ()) and same and cause.confidence >= SURE:
            return Diagnosis(one.category, one.message, EXPLAINED, one.path, one.line, one.evidence)
    return one
