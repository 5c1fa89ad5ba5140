"""Fits pieces into a budget of tokens: each part has its share, and what one leaves goes to the code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from journeyman.codebase import Code, Located
from journeyman.context.contract import BYTES_PER_TOKEN, Pack, Part, Piece, heading
from journeyman.context.conventions import conventions
from journeyman.context.gathering import Gathering

SHARES = {Part.SETTING: 0.08, Part.CONVENTION: 0.06, Part.MAP: 0.12, Part.TEST: 0.1}
"""Of the budget, at most; the code has the rest and what is left over."""

LARGEST, CUT_TO = 0.4, 0.08
"""A piece of a file above this share of the room is shortened to that one: it would keep too many others out."""

SMALLEST = 120
"""Bytes below which the rest of a shortened piece says nothing."""

MISFITS = 12
"""After so many pieces that do not fit, no smaller one is looked for."""


def pack_code(code: Code, task: str, located: Sequence[Located], budget: int, settings: Iterable[Piece] = ()) -> Pack:
    """Return what a model should see of the code for a task, in at most `budget` tokens.

    `located` is what the index ranks for the task. The same input gives the same pack.
    """
    gathering = Gathering(code, task, located)
    room = Room(budget)
    room.fill(settings, SHARES[Part.SETTING])
    room.fill(conventions(code, located), SHARES[Part.CONVENTION])
    room.fill(gathering.map(), SHARES[Part.MAP])
    room.fill(gathering.code(), 1.0, spare=SHARES[Part.TEST])
    room.fill(gathering.tests(), 1.0)
    return Pack(task, budget, room.tokens, tuple(room.pieces))


class Room:
    """The room that a budget gives."""

    def __init__(self, budget: int) -> None:
        self.pieces: list[Piece] = []
        self._whole = max(budget, 0) * BYTES_PER_TOKEN
        self._left = self._whole
        self._parts: set[Part] = set()

    @property
    def tokens(self) -> int:
        """What is taken up, rounded up."""
        return -(-(self._whole - self._left) // BYTES_PER_TOKEN)

    def fill(self, pieces: Iterable[Piece], share: float, spare: float = 0.0) -> None:
        """Take in what fits into a share of the whole room, leaving a spare share free."""
        limit = min(int(self._whole * share), self._left - int(self._whole * spare))
        misfits = 0
        for piece in pieces:
            if self._holds(piece):
                continue
            fitting = self._fitting(piece, limit)
            if fitting is None:
                misfits += 1
                if misfits > MISFITS:
                    return
                continue
            cost = self._cost(fitting)
            limit -= cost
            self._left -= cost
            self._parts.add(fitting.part)
            self.pieces.append(fitting)

    def _holds(self, piece: Piece) -> bool:
        """Tell whether a piece lies in one that is there."""
        path = piece.place.partition(":")[0]
        return bool(piece.line) and any(
            each.place.partition(":")[0] == path and each.line <= piece.line and piece.end_line <= each.end_line
            for each in self.pieces
            if each.whole and each.line
        )

    def _cost(self, piece: Piece) -> int:
        """Return the bytes that a piece takes, with the heading that the first one of a part brings."""
        cost = len(piece.shown.encode(errors="replace"))
        return cost if piece.part in self._parts else cost + len(heading(piece.part)) + 1

    def _fitting(self, piece: Piece, limit: int) -> Piece | None:
        """Return a piece, shortened if it is large; None if it does not fit."""
        cost = self._cost(piece)
        if cost <= min(limit, int(self._whole * LARGEST)):
            return piece
        if not piece.line or piece.part is Part.TEST:
            return None
        room = min(limit, int(self._whole * CUT_TO)) - (cost - len(piece.text.encode(errors="replace")))
        return shortened(piece, room) if room >= SMALLEST else None


def shortened(piece: Piece, room: int) -> Piece | None:
    """Return a piece's first and last lines, with a note between them, in so many bytes; None if that is none."""
    lines = piece.text.splitlines()
    sizes = [len(line.encode(errors="replace")) + 1 for line in lines]
    room -= len(f"[… {len(lines)} lines …]\n")
    head = _count(sizes, room * 3 // 5)
    tail = _count(sizes[head:][::-1], room - sum(sizes[:head]) - 1)
    if not head or head + tail >= len(lines):
        return None
    cut = [*lines[:head], f"[… {len(lines) - head - tail} lines …]", *lines[len(lines) - tail :]]
    return replace(piece, text="\n".join(cut), whole=False)


def _count(sizes: Sequence[int], room: int) -> int:
    """Return how many of the first sizes fit."""
    for number, size in enumerate(sizes):
        room -= size
        if room < 0:
            return number
    return len(sizes)
