"""What is told of a place in the code: what is there, who needs it, what is like it."""

from __future__ import annotations

import msgspec

from journeyman.codebase.contract import Symbol
from journeyman.domain.changes import Told


class Tie(msgspec.Struct, frozen=True):
    """Another place that something is tied to. `confidence` is from 0 to 1."""

    place: str
    line: int
    confidence: float


class Explained(msgspec.Struct, frozen=True):
    """A symbol or a file, and what surrounds it.

    `holds` is what lies in it; `callers` call it, or import it if it is a file; `mentions` name it without a
    call; `needs` is what it calls or imports.
    `recorded`: `tests` were seen to run it, not only to name it. `changes` are its last ones, newest first, and
    `authors` how many of them are whose.
    """

    symbol: Symbol
    holds: tuple[Symbol, ...]
    callers: tuple[Tie, ...]
    mentions: tuple[Tie, ...]
    needs: tuple[Tie, ...]
    bases: tuple[Tie, ...]
    subclasses: tuple[Tie, ...]
    tests: tuple[Tie, ...]
    recorded: bool
    changes: tuple[Told, ...]
    authors: dict[str, int]


class Like(msgspec.Struct, frozen=True):
    """Code that is like another: by its structure, and by its words, each from 0 to 1."""

    place: str
    line: int
    score: float
    structure: float
    words: float
