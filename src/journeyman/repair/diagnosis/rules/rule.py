"""What a rule is."""

from __future__ import annotations

import re
from typing import NamedTuple

from journeyman.domain.diagnoses import Category


class Rule(NamedTuple):
    """One way in which a line tells of a failure.

    `anchors` are in lower case; one must be in the line before `pattern` is tried, which may name the groups path,
    line and message. Where the line does not name its place, `below` and then `above` are looked for in the lines
    near it, the nearest first; with `placed` the rule holds only if one is found. `category` None: the line is harmless, and no other rule may have it.
    """

    category: Category | None
    confidence: int
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]
    below: tuple[re.Pattern[str], ...] = ()
    above: tuple[re.Pattern[str], ...] = ()
    placed: bool = False


def rule(
    category: Category | None,
    confidence: int,
    anchors: str,
    pattern: str,
    *,
    below: tuple[str, ...] = (),
    above: tuple[str, ...] = (),
    placed: bool = False,
) -> Rule:
    """Return a rule; `anchors` are divided by |."""
    return Rule(
        category,
        confidence,
        tuple(anchors.split("|")),
        re.compile(pattern),
        tuple(map(re.compile, below)),
        tuple(map(re.compile, above)),
        placed,
    )
