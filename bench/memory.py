"""The memory: recall among 100,000 patterns of one project, and how that grows."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from itertools import product
from statistics import median
from string import ascii_lowercase

from bench.clocks import Stopwatch, Taken, ninety_nine
from bench.figures import Figure, Order
from journeyman.codebase.memory.remembering import Memory
from journeyman.domain.patterns import Pattern, PatternType, Source
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git
from journeyman.store.database import Database
from journeyman.store.patterns import StoredPatterns
from journeyman.store.remembered import StoredRemembered

PROJECT = "example.org/acme/shop"
AT_ONCE = 20_000
VOCABULARY = 20_000
TYPES = tuple(PatternType)
WORDS = [f"word{''.join(letters)}" for letters in product(ascii_lowercase, repeat=4)][: VOCABULARY + 1]


def measure(order: Order) -> list[Figure]:
    """Measure with the store that runs use, on SQLite."""
    return asyncio.run(_measured(order))


async def _measured(order: Order) -> list[Figure]:
    figures = []
    for count in (1_000, 10_000) if order.quick else (10_000, 100_000):
        times, filled = await _recalled(order, count, 100 if order.quick else 500)
        wall = [each.wall for each in times]
        cpu = f"CPU, median {1000 * median(each.cpu for each in times):.1f} ms; questions of 3 to 40 words"
        figures += [
            Figure(f"recall: {count:,} patterns, 99 of 100", "ms", 1000 * ninety_nine(wall), 20.0, note=cpu),
            Figure(f"recall: {count:,} patterns, median", "ms", 1000 * median(wall)),
            Figure("memory: to take in a pattern", "ms", 1000 * filled.wall / count, note=filled.note),
        ]
    return figures


async def _recalled(order: Order, count: int, asked: int) -> tuple[list[Taken], Taken]:
    """Return what questions about a memory of so many patterns take, and filling it."""
    chance = random.Random(count)
    database = Database(f"sqlite:///{order.folder}/{count}.sqlite")
    trees = WorkTrees(Git())
    memory = Memory(StoredPatterns(database), StoredRemembered(database), trees, lambda: datetime.now(UTC))
    stopwatch = Stopwatch()
    for start in range(0, count, AT_ONCE):
        made = [_pattern(chance, number) for number in range(start, min(count, start + AT_ONCE))]
        await memory.keep(PROJECT, made)
    filled = stopwatch.taken()
    times = []
    for _ in range(asked + 10):
        question = _words(chance, chance.choice((3, 6, 12, 40)))
        stopwatch = Stopwatch()
        found = await memory.recall(PROJECT, question)
        times.append(stopwatch.taken())
        assert found
    await database.close()
    return times[10:], filled


def _pattern(chance: random.Random, number: int) -> Pattern:
    return Pattern(
        type=TYPES[number % len(TYPES)],
        name=f"{_words(chance, 6)} {number}",
        project=PROJECT,
        source=Source.HISTORY,
        snippet=_words(chance, 40),
        signature=_words(chance, 5),
        file=f"src/{_words(chance, 1)}/{_words(chance, 1)}.py",
        tags=("fix",),
        confidence=0.5 + chance.random() / 2,
    )


def _words(chance: random.Random, count: int) -> str:
    """Return words as unevenly frequent as those of a language: the first is in most patterns, most are in few."""
    return " ".join(WORDS[int(VOCABULARY ** chance.random())] for _ in range(count))
