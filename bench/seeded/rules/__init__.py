"""Owns the ways in which CI comes to fail, and the choice of seeds; knows nothing of how they are mended."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from tokenize import TokenError

from bench.seeded.rules import behaviour, grammar, layout, manifests, names
from bench.seeded.seeds import Project, Seed, Way

CATEGORIES: dict[str, tuple[Way, ...]] = {
    **layout.CATEGORIES,
    **names.CATEGORIES,
    **manifests.CATEGORIES,
    **grammar.CATEGORIES,
    **behaviour.CATEGORIES,
}

TRIES = 4
"""How often a way is tried on a project before the next one."""


def seed(category: str, number: int, projects: Sequence[Project]) -> tuple[Project, str, Seed] | None:
    """Return the seed of a number, the same each time: its project, the name of its way, and itself.

    Ways and projects take turns; where a project offers no place for a way, the next one is asked.
    """
    chance = Random(f"{category} {number}")
    ways = CATEGORIES[category]
    for turn in range(len(ways)):
        way = ways[(number + turn) % len(ways)]
        for other in range(len(projects)):
            project = projects[(number + number // len(ways) + other) % len(projects)]
            for _ in range(TRIES):
                made = _tried(way, project, chance)
                if made is not None:
                    return project, way.__name__, made
    return None


def _tried(way: Way, project: Project, chance: Random) -> Seed | None:
    try:
        return way(project, chance)
    except (SyntaxError, TokenError):  # a way for another language
        return None
