"""Packs a long conversation into a model's window without losing the task, the plan or the latest results.

Pure and deterministic: the same turns and window give the same packing. It follows the talk from its beginning, and
when the window is full it cuts well below that, so that the beginning of the requests in between stays the same and
the provider's prompt cache keeps working.
"""

from __future__ import annotations

import msgspec

from journeyman.context.contract import BYTES_PER_TOKEN
from journeyman.domain.conversation import ModelTurn, ToolTurn, Turn, UserTurn

LATEST = 8
"""Turns at the end that are never shortened."""

CUT_TO = 0.7
"""Part of the window that a cut leaves filled; the rest is room until the next one."""

SHORT_RESULT = 200
"""Characters that stay of a shortened result."""

LAST_RESORT = (8000, 4000, 2000, 1000, 500, SHORT_RESULT)
"""Characters that stay of the latest results where nothing else is left to cut."""


def tokens_at_most(turns: tuple[Turn, ...]) -> int:
    """Return an estimate, on the safe side, of the tokens of the turns."""
    return sum(_size(turn) for turn in turns) // BYTES_PER_TOKEN + 1


def cut_middle(text: str, limit: int) -> str:
    """Return the text with its middle replaced by a note, at most about `limit` characters long."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 5, limit * 3 // 5
    missing = len(text) - head - tail
    return f"{text[:head]}\n[… {missing} characters cut from the middle …]\n{text[-tail:]}"


def pack(turns: tuple[Turn, ...], window_tokens: int) -> tuple[Turn, ...]:
    """Return the turns, older ones shortened and then left out until they fit the window; see `Packing`."""
    packing = Packing(window_tokens)
    for turn in turns:
        packing.add(turn)
    return packing.packed()


class Packing:
    """A talk that is packed as it grows. Each turn is looked at once, so a long talk costs no more than a short one.

    The first turn (the task and the plan) and the latest ones always stay; a model's turn and the results that answer
    it stay or go together. Of the latest turns only results are shortened, and only where the window is very small.
    """

    def __init__(self, window_tokens: int) -> None:
        self._window = window_tokens
        self._room = window_tokens * BYTES_PER_TOKEN - 1
        self._turns: list[Turn] = []
        self._short: list[Turn] = []
        self._full: list[int] = []
        self._saved: list[int] = []
        self._dropped = self._shortened = 1
        self._filled = 0

    def add(self, turn: Turn) -> None:
        """Take in the next turn, and cut where the window is full now."""
        short = _shorter(turn, SHORT_RESULT)
        self._turns.append(turn)
        self._short.append(short)
        self._full.append(_size(turn))
        self._saved.append(self._full[-1] - _size(short))
        self._filled += self._full[-1]
        if self._filled > self._room:
            self._cut()

    def packed(self) -> tuple[Turn, ...]:
        """Return what a model is shown now."""
        note = _note(self._dropped - 1)
        old = self._short[self._dropped : self._shortened]
        packed = (*self._turns[:1], *note, *old, *self._turns[self._shortened :])
        if self._filled + sum(map(_size, note)) <= self._room:
            return packed
        for limit in LAST_RESORT:
            if tokens_at_most(packed) <= self._window:
                break
            packed = tuple(_shorter(turn, limit) for turn in packed)
        return packed

    def _cut(self) -> None:
        """Move on where the turns that are left out end, and where the shortened ones behind them end."""
        last, enough = _first_of_latest(self._turns), self._room * CUT_TO
        while self._filled > enough and self._shortened < last:
            self._filled -= self._saved[self._shortened]
            self._shortened += 1
        while self._dropped < last and (self._filled > enough or isinstance(self._turns[self._dropped], ToolTurn)):
            self._filled -= self._full[self._dropped] - self._saved[self._dropped]
            self._dropped += 1


def _first_of_latest(turns: list[Turn]) -> int:
    """Return where the latest turns begin, not with the results of a turn before them."""
    first = max(len(turns) - LATEST, 1)
    return first - 1 if first < len(turns) and isinstance(turns[first], ToolTurn) else first


def _note(dropped: int) -> tuple[Turn, ...]:
    if not dropped:
        return ()
    words = f"[{dropped} earlier turns are left out here to save room. The work tree holds their effects.]"
    return (UserTurn(words),)


def _shorter(turn: Turn, limit: int) -> Turn:
    if isinstance(turn, ToolTurn) and any(len(result.content) > limit for result in turn.results):
        cut = (msgspec.structs.replace(result, content=cut_middle(result.content, limit)) for result in turn.results)
        return ToolTurn(tuple(cut))
    return turn


def _size(turn: Turn) -> int:
    match turn:
        case UserTurn(text=text):
            return len(text.encode())
        case ModelTurn(text=text, calls=calls):
            return len(text.encode()) + sum(len(call.name) + len(call.arguments.encode()) for call in calls)
        case ToolTurn(results=results):
            return sum(len(result.content.encode()) for result in results)
