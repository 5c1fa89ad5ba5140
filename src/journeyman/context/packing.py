"""Packs a long conversation into a model's window without losing the task, the plan or the latest results.

Pure and deterministic: the same turns and window give the same packing. It cuts in coarse steps, so that the
beginning of consecutive requests stays the same and the provider's prompt cache keeps working.
"""

from __future__ import annotations

import msgspec

from journeyman.domain.conversation import ModelTurn, ToolResult, ToolTurn, Turn, UserTurn

BYTES_PER_TOKEN = 3
"""Code has three to four bytes a token; three errs on the safe side."""

LATEST = 8
"""Turns at the end that are never shortened."""

STEP = 12
"""Turns that are shortened together, to keep the beginning stable."""

SHORT_RESULT = 200
"""Characters that stay of a shortened result."""


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
    it stay or go together.
    """
    shortened = turns
    for end in range(STEP, max(len(turns) - LATEST, 0) + STEP, STEP):
        if tokens_at_most(shortened) <= window_tokens:
            return shortened
        limit = min(end, len(turns) - LATEST)
        shortened = tuple(_shorter(turn) if 0 < i < limit else turn for i, turn in enumerate(turns))
    return _without_oldest(shortened, window_tokens)


def _without_oldest(turns: tuple[Turn, ...], window_tokens: int) -> tuple[Turn, ...]:
    first, rest = turns[:1], list(turns[1:])
    dropped = 0
    while len(rest) > LATEST and tokens_at_most((*first, *rest)) > window_tokens:
        del rest[0]
        dropped += 1
        while rest and isinstance(rest[0], ToolTurn):
            del rest[0]
            dropped += 1
    if not dropped:
        return turns
    note = UserTurn(f"[{dropped} earlier turns are left out here to save room. The work tree holds their effects.]")
    return (*first, note, *rest)


def _shorter(turn: Turn) -> Turn:
    if isinstance(turn, ToolTurn):
        return ToolTurn(tuple(_shorter_result(result) for result in turn.results))
    return turn


def _shorter_result(result: ToolResult) -> ToolResult:
    return msgspec.structs.replace(result, content=cut_middle(result.content, SHORT_RESULT))


def _size(turn: Turn) -> int:
    match turn:
        case UserTurn(text=text):
            return len(text.encode())
        case ModelTurn(text=text, calls=calls):
            return len(text.encode()) + sum(len(call.name) + len(call.arguments.encode()) for call in calls)
        case ToolTurn(results=results):
            return sum(len(result.content.encode()) for result in results)
