"""By which words a pattern is found, and by which a question asks."""

from __future__ import annotations

from collections import Counter

from journeyman.codebase.issues import read_issue
from journeyman.codebase.words import Terms
from journeyman.domain.patterns import Pattern

MOST_TERMS = 80
USUAL_LENGTH = 60
HEAVIEST = 255

_TERMS = Terms()
_FIELDS = (("name", 4), ("words", 2), ("signature", 2), ("file", 2), ("snippet", 1))


def terms_of_pattern(pattern: Pattern) -> dict[str, int]:
    """Return the terms of a pattern with their weights: how often, in which field, and how much else there is."""
    counts: Counter[str] = Counter()
    for field, weight in _FIELDS:
        for term in _TERMS.in_text(getattr(pattern, field)):
            counts[term] += weight
    for text in (*pattern.tags, *pattern.dependencies):
        for term in _TERMS.in_text(text):
            counts[term] += 2
    damping = 4 * (0.5 + 0.5 * len(counts) / USUAL_LENGTH)
    return {
        term: max(1, round(HEAVIEST * times / (times + damping))) for term, times in counts.most_common(MOST_TERMS)
    }


def terms_of_question(text: str) -> dict[str, float]:
    """Return the weighted terms of a question, which may be a few words or a whole issue."""
    return dict(read_issue(text, _TERMS).terms)
