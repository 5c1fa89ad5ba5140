"""What the past tells of an issue: which files were changed for the like of it."""

from __future__ import annotations

import sqlite3
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from heapq import nlargest
from math import log, sqrt

import msgspec

from journeyman.codebase.words import Terms

MOST_COMMITS = 2000
MOST_FILES = 20
"""Commits that changed more files than this were about nothing in particular."""

LIKE_ENOUGH = 60
"""Commits that are looked at for being like an issue."""

LONGEST_MESSAGE = 2000


class Past(msgspec.Struct, frozen=True, array_like=True):
    """Commits, newest first: the terms of each one's message, and the paths it changed."""

    terms: list[list[str]]
    paths: list[list[str]]

    def likeness(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Return how much the commits that changed each path are like weighted terms."""
        counts = Counter(term for terms in self.terms for term in terms)
        rarity = {
            term: weight * log(1 + len(self.terms) / counts[term]) for term, weight in weights.items() if counts[term]
        }
        scores = [
            (sum(rarity.get(term, 0.0) for term in terms) / sqrt(8 + len(terms)), at)
            for at, terms in enumerate(self.terms)
        ]
        found: dict[str, float] = defaultdict(float)
        for score, at in nlargest(LIKE_ENOUGH, scores):
            for path in self.paths[at]:
                found[path] += score * score / sqrt(len(self.paths[at]))
        return found


NO_PAST = Past([], [])


def digest_past(commits: list[tuple[str, tuple[str, ...]]], terms: Terms) -> Past:
    """Return what is kept of commits; not paths that are no text or hold control characters."""
    told = [(message, paths) for message, paths in commits if 0 < len(paths) <= MOST_FILES]
    return Past(
        [list(dict.fromkeys(terms.in_text(message[:LONGEST_MESSAGE]))) for message, _ in told],
        [[path for path in paths if path.isprintable()] for _, paths in told],
    )


def kept_past(connection: sqlite3.Connection, commit: str) -> Past | None:
    """Return the past of a commit, if it was read before."""
    row = connection.execute("SELECT past FROM history WHERE head = ?", (commit,)).fetchone()
    return msgspec.msgpack.decode(zlib.decompress(row[0]), type=Past) if row else None


def keep_past(connection: sqlite3.Connection, commit: str, past: Past) -> None:
    """Keep the past of a commit; of others, the last few only."""
    connection.execute("DELETE FROM history WHERE rowid <= (SELECT max(rowid) - 8 FROM history)")
    packed = zlib.compress(msgspec.msgpack.encode(past), 3)
    connection.execute("INSERT OR REPLACE INTO history (head, past) VALUES (?, ?)", (commit, packed))
