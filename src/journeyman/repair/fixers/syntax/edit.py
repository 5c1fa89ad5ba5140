"""One small edit of a text, and how unlikely it is to be what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from journeyman.repair.fixers.syntax.compiling import Fault
from journeyman.repair.fixers.syntax.tokens import Page
from journeyman.repair.spans import Splice, spliced


class Edit(msgspec.Struct, frozen=True):
    """Splices into a text; `cost` grows with doubt: below 1 the fault itself hints at it. `what` tells people."""

    cost: float
    what: str
    splices: tuple[Splice, ...]

    def made(self, text: str) -> str:
        """Return the text with the edit made."""
        return spliced(text, list(self.splices))


Editor = Callable[[Page, Fault], Iterable[Edit]]
"""Yields the edits of one kind that may mend a fault; any that make no sense are sorted out by compiling."""


def insertion(cost: float, at: int, new: str, what: str = "") -> Edit:
    """Return the edit that puts something in."""
    return Edit(cost, what or f"insert `{new.strip() or new}`", (Splice(at, at, new),))


def replacement(cost: float, start: int, end: int, new: str, what: str) -> Edit:
    """Return the edit that puts something in the place of something else."""
    return Edit(cost, what, (Splice(start, end, new),))
