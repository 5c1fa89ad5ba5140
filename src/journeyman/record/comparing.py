"""Compares what was recorded with what happens now, and stops at the first difference."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from typing import NoReturn

import msgspec

from journeyman.domain.errors import WrongUse
from journeyman.record.normalising import normalised

SHOWN = 240
"""Characters of each side that are shown of a difference."""

MOST_HIDDEN = 100
"""Hidden differences that are kept; all are counted."""


class Difference(msgspec.Struct, frozen=True):
    """Where the replay left the record: a place such as `round 1, turn 2, call 1, edit_file`, what, both sides."""

    place: str
    what: str
    recorded: str
    now: str


class Hidden(msgspec.Struct, frozen=True):
    """A difference that only normalising hides: the first lines that are not the same to the letter."""

    place: str
    recorded: str
    now: str


class Differs(BaseException):
    """The replay left the record. Not an Exception: no step may catch it and go on."""


class RecordEnds(BaseException):
    """The record holds nothing of what would come next. Not an Exception, as `Differs`."""


class CannotPlay(BaseException):
    """This machine lacks what a replay needs; `error` says what and how to get it. Not an Exception, as `Differs`."""

    def __init__(self, error: WrongUse) -> None:
        super().__init__()
        self.error = error


class Comparison:
    """Takes in pairs, recorded and now. Only the first difference counts: what follows is its consequence."""

    def __init__(self) -> None:
        self.first: Difference | None = None
        self.hidden: list[Hidden] = []
        self.hidden_count = 0
        self.counts: Counter[str] = Counter()
        self.remarks: list[str] = []

    def alike(self, kind: str, place: str, what: str, recorded: str, now: str) -> None:
        """Compare two texts; what only normalising makes the same is noted as hidden. Differs if they differ."""
        self.counts[kind] += 1
        if recorded == now:
            return
        if normalised(recorded) != normalised(now):
            self.differ(place, what, *first_lines(recorded, now))
        self.hidden_count += 1
        if len(self.hidden) < MOST_HIDDEN:
            self.hidden.append(Hidden(place, *first_lines(recorded, now, to_the_letter=True)))

    def same(self, kind: str, place: str, what: str, recorded: str, now: str) -> None:
        """Compare two texts to the letter. Differs if they differ."""
        self.counts[kind] += 1
        if recorded != now:
            self.differ(place, what, *around(recorded, now))

    def differ(self, place: str, what: str, recorded: str, now: str) -> NoReturn:
        """Note the first difference and end the replay."""
        if self.first is None:
            self.first = Difference(place, what, recorded, now)
        raise Differs

    def remark(self, words: str) -> None:
        """Note something that a person should know of the replay."""
        if words not in self.remarks:
            self.remarks.append(words)


def first_lines(recorded: str, now: str, *, to_the_letter: bool = False) -> tuple[str, str]:
    """Return the first line of each text that differs from the other's."""
    for old, new in zip_longest(recorded.splitlines(), now.splitlines()):
        if old == new:
            continue
        if to_the_letter or old is None or new is None or normalised(old) != normalised(new):
            return around("(nothing)" if old is None else old, "(nothing)" if new is None else new)
    return around(recorded, now)


def around(recorded: str, now: str) -> tuple[str, str]:
    """Return the stretch of each text where they begin to differ."""
    shorter = min(len(recorded), len(now))
    begin = next((i for i in range(shorter) if recorded[i] != now[i]), shorter)
    start = max(0, begin - SHOWN // 3) if max(len(recorded), len(now)) > SHOWN else 0
    return _cut(recorded, start), _cut(now, start)


def _cut(text: str, start: int) -> str:
    before = "…" if start else ""
    return before + text[start : start + SHOWN] + ("…" if len(text) > start + SHOWN else "")
