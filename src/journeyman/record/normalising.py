"""What may differ between two honest runs of the same command: times, process numbers, temporary names, addresses.

A difference that only this hides is told as such, never passed over.
"""

from __future__ import annotations

import re

RULES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (name, re.compile(pattern), mark)
    for name, pattern, mark in (
        ("moment", r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?", "<moment>"),
        ("clock", r"\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b(?!:)", "<moment>"),
        ("date", r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}\b", "<moment>"),
        ("duration", r"\b(?:\d+m *)?\d+(?:\.\d+)? ?(?:ns|µs|us|ms|s|secs?|seconds?|minutes?)\b", "<time>"),
        (
            "time field",
            r'("(?:seconds|duration|duration_ms|time|cpu|wall)\\?": ?\\?"?)\d+(?:\.\d+)?',
            r"\1<time>",
        ),
        ("process", r"(?i)\b(p?pid|process|worker|thread)([ =:#]+)\d+", r"\1\2<process>"),
        ("temporary name", r"(/(?:var/)?tmp/)[^\s'\"\\:,;)\]}<>]+", r"\1<name>"),
        ("address", r"\b0x[0-9a-fA-F]{6,}\b", "<address>"),
        ("seed", r"(?i)\b((?:random )?seed[ =:]+)\d+", r"\1<seed>"),
        ("rule line", r"([=_-])\1{2,}", r"\1\1\1"),
    )
)
"""What is replaced, in this order: a name for people, a pattern, and what it becomes."""


def normalised(text: str) -> str:
    """Return the text without what may differ between two runs."""
    for _, pattern, mark in RULES:
        text = pattern.sub(mark, text)
    return text
