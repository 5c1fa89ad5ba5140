"""Notices a talk that goes in circles: told once, then ended."""

from __future__ import annotations

import msgspec

from journeyman.domain.conversation import ToolCall, ToolResult

TOLD_AFTER = 3
ENDED_AFTER = 6
LONGEST_CIRCLE = 4
IDLE_TOLD_AFTER = 25
IDLE_ENDED_AFTER = 50


class Verdict(msgspec.Struct, frozen=True):
    """What to do: nothing, say `warning` to the model, or end for the reason `ended`."""

    warning: str = ""
    ended: str = ""


class Circling:
    """Watches the turns of one talk: repeated circles of up to four turns, and long stretches without any change."""

    def __init__(self) -> None:
        self._marks: list[str] = []
        self._tree = ""
        self._idle = 0
        self._repeated = 0

    def look(self, calls: tuple[ToolCall, ...], results: tuple[ToolResult, ...], tree: str) -> Verdict:
        """Take in a turn and judge the talk so far."""
        self._marks.append(_mark(calls, results))
        self._idle = self._idle + 1 if tree == self._tree else 0
        self._tree = tree
        before, repeats = self._repeated, max(self._repeats(length) for length in range(1, LONGEST_CIRCLE + 1))
        self._repeated = repeats
        if repeats >= ENDED_AFTER:
            return Verdict(ended=f"the same calls with the same results came {repeats} times in a row")
        if self._idle >= IDLE_ENDED_AFTER:
            return Verdict(ended=f"{self._idle} turns went by without any change to the code")
        if repeats >= TOLD_AFTER > before:
            return Verdict(
                warning="You have made the same calls with the same results three times. Do something else."
            )
        if self._idle == IDLE_TOLD_AFTER:
            return Verdict(
                warning=f"You have not changed anything for {self._idle} turns. Make the change, or finish."
            )
        return Verdict()

    def _repeats(self, length: int) -> int:
        circle = self._marks[-length:]
        count = 0
        while len(circle) == length and self._marks[len(self._marks) - (count + 1) * length :][:length] == circle:
            count += 1
            if (count + 1) * length > len(self._marks):
                break
        return count


def _mark(calls: tuple[ToolCall, ...], results: tuple[ToolResult, ...]) -> str:
    said = [(call.name, call.arguments) for call in calls]
    return repr((said, [(result.content, result.ok) for result in results]))
