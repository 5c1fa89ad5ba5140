"""Finds the patterns that terms bring up. The cost is bounded, however many patterns there are.

The rarest terms are asked first, until enough entries have been looked at, and of a term that stands nearly
everywhere only those patterns in which it weighs most: it costs most and tells least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import log

from sqlalchemy import Connection, TextClause, bindparam, select, text

from journeyman.store.tables import code_patterns

MOST_TERMS = 32
COMMON = 1_000
"""A term in so many patterns counts as being in no more, and no more of them are looked at."""

ENTRIES = 3_000
"""So many entries are added up, at least those of the rarest term."""

CANDIDATES = 100
"""So many of the most relevant are weighed by success and confidence too."""

HEAVIEST = 255
"""The largest weight of a term in a pattern."""

_RANKED = (
    select(
        code_patterns.c.number,
        code_patterns.c.type,
        code_patterns.c.success_rate,
        code_patterns.c.confidence,
    )
    .where(code_patterns.c.standing == "active")
    .where(code_patterns.c.number.in_(bindparam("numbers", expanding=True)))
)


def term_key(project: str, term: str) -> int:
    """Return what stands for a term of a project."""
    digest = blake2b(f"{project}\0{term}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def relevant(
    connection: Connection, projects: Sequence[str], terms: Mapping[str, float], kinds: Sequence[str]
) -> list[tuple[float, float, int]]:
    """Return (score, relevance, number) of what weighted terms bring up, best first."""
    asked = sorted(terms.items(), key=lambda each: -each[1])[:MOST_TERMS]
    weights = {term_key(project, term): weight for project in projects for term, weight in asked}
    if not weights:
        return []
    rarities, most = _chosen(_counts(connection, list(weights)), weights)
    if not rarities:
        return []
    found = connection.execute(_adding(len(rarities)), _numbered(rarities))
    relevance = {number: min(1.0, float(added) / most) for number, added in found}
    rows = connection.execute(_RANKED, {"numbers": list(relevance)})
    scored = [
        (relevance[number] * success * confidence, relevance[number], number)
        for number, kind, success, confidence in rows
        if not kinds or kind in kinds
    ]
    return sorted(scored, key=lambda each: (-each[0], each[2]))


def _counts(connection: Connection, keys: list[int]) -> dict[int, int]:
    """Return in how many patterns terms stand, COMMON at most."""
    one = (
        "SELECT CAST(:k{0} AS BIGINT) AS term, (SELECT count(*) FROM "
        "(SELECT 1 FROM pattern_terms WHERE term = CAST(:k{0} AS BIGINT) LIMIT {1}) AS entries) AS times"
    )
    # SQLite takes 500 parts of such a statement, and more projects than that are asked by nobody.
    counts: dict[int, int] = {}
    for start in range(0, len(keys), 400):
        some = keys[start : start + 400]
        statement = text(" UNION ALL ".join(one.format(at, COMMON) for at in range(len(some))))
        rows = connection.execute(statement, {f"k{at}": key for at, key in enumerate(some)})
        counts.update((term, times) for term, times in rows)
    return counts


def _chosen(counts: Mapping[int, int], weights: Mapping[int, float]) -> tuple[dict[int, float], float]:
    """Return how much each term that is asked counts, and what a pattern would reach that has all of them."""
    there = sorted((times, key) for key, times in counts.items() if times)
    rarities: dict[int, float] = {}
    looked = 0
    for times, key in there:
        if rarities and looked + times > ENTRIES:
            break
        looked += times
        rarities[key] = weights[key] * log(1 + 10 * COMMON / times)
    # What no pattern has counts as well: a question that is hardly about anything known finds nothing relevant.
    rarest = log(1 + 10 * COMMON)
    absent = sum(weights[key] * rarest for key, times in counts.items() if not times)
    return rarities, (sum(rarities.values()) + 0.3 * absent) * HEAVIEST


def _numbered(rarities: Mapping[int, float]) -> dict[str, float]:
    keys = {f"k{at}": key for at, key in enumerate(rarities)}
    return {**keys, **{f"r{at}": rarity for at, rarity in enumerate(rarities.values())}}


def _adding(count: int) -> TextClause:
    heaviest = " UNION ALL ".join(
        f"SELECT number, part FROM (SELECT number, weight * CAST(:r{at} AS FLOAT) AS part FROM pattern_terms"
        f" WHERE term = CAST(:k{at} AS BIGINT) ORDER BY weight DESC, number DESC LIMIT {COMMON}) AS of{at}"
        for at in range(count)
    )
    return text(
        f"SELECT number, SUM(part) AS added FROM ({heaviest}) AS parts "
        f"GROUP BY number ORDER BY added DESC, number LIMIT {CANDIDATES}"
    )
