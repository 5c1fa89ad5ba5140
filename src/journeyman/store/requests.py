"""What was sent to a model, kept as the difference to the request before it.

A conversation is sent again from its beginning with each turn. Kept whole, a thousand turns would fill the square of
their length; as differences, they fill what was really said.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """A text by another one: so many characters of its beginning, then `middle`, then so many of its end."""

    head: int
    tail: int
    middle: str


def difference(before: str, after: str) -> Difference:
    """Return what has to be kept of `after` for someone who has `before`."""
    shorter = min(len(before), len(after))
    head = _same(shorter, lambda start, end: before[start:end] == after[start:end])
    rest = shorter - head
    old, new = len(before), len(after)
    tail = _same(rest, lambda start, end: before[old - end : old - start] == after[new - end : new - start])
    return Difference(head, tail, after[head : new - tail])


def restored(before: str, kept: Difference) -> str:
    """Return the text that `difference` was given."""
    return before[: kept.head] + kept.middle + (before[-kept.tail :] if kept.tail else "")


def _same(most: int, alike: Callable[[int, int], bool]) -> int:
    """Return how many characters agree: whole stretches are compared, so it costs little more than reading."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if alike(low, middle):
            low = middle
        else:
            high = middle - 1
    return low
