"""Packs a long conversation into a model's window without losing the task, the plan or the latest results.

Pure and deterministic: the same turns and window give the same packing. It follows the talk from its beginning, and
when the window is full it cuts well below that, so that the beginning of the requests in between stays the same and
the provider's prompt cache keeps working.
"""

from __future__ import annotations

import msgspec

from journeyman.domain.conversation import ModelTurn, ToolTurn, Turn, UserTurn

BYTES_PER_TOKEN = 3
"""Code has three to four bytes a token; three errs on the safe side."""

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
    """Return the turns, older ones shortened and then left out until they fit the window.

    The first turn (the task and the plan) and the latest ones always stay; a model's turn and the results that answer
    it stay or go together. Of the latest turns only results are shortened, and only where the window is very small.
    """
    dropped, shortened = _cuts(turns, window_tokens * BYTES_PER_TOKEN - 1)
    old = [_shorter(turn, SHORT_RESULT) for turn in turns[dropped:shortened]]
    packed = (*turns[:1], *_note(dropped - 1), *old, *turns[shortened:])
    for limit in LAST_RESORT:
        if tokens_at_most(packed) <= window_tokens:
            break
        packed = tuple(_shorter(turn, limit) for turn in packed)
    return packed


def _cuts(turns: tuple[Turn, ...], room: int) -> tuple[int, int]:
    """Return where the turns that are left out end, and where the shortened ones behind them end. Room in bytes."""
    full = [_size(turn) for turn in turns]
    saved = [size - _size(_shorter(turn, SHORT_RESULT)) for size, turn in zip(full, turns, strict=True)]
    dropped = shortened = 1
    filled = 0
    for end in range(1, len(turns) + 1):
        filled += full[end - 1]
        last = _first_of_latest(turns, end)
        if filled <= room:
            continue
        while filled > room * CUT_TO and shortened < last:
            filled -= saved[shortened]
            shortened += 1
        while dropped < last and (filled > room * CUT_TO or isinstance(turns[dropped], ToolTurn)):
            filled -= full[dropped] - saved[dropped]
            dropped += 1
    return dropped, shortened


def _first_of_latest(turns: tuple[Turn, ...], end: int) -> int:
    """Return where the latest turns begin, not with the results of a turn before them."""
    first = max(end - LATEST, 1)
    return first - 1 if first < end and isinstance(turns[first], ToolTurn) else first


def _note(dropped: int) -> tuple[Turn, ...]:
    if not dropped:
        return ()
    words = f"[{dropped} earlier turns are left out here to save room. The work tree holds their effects.]"
    return (UserTurn(words),)


def _shorter(turn: Turn, limit: int) -> Turn:
    if isinstance(turn, ToolTurn):
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
