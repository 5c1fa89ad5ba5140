"""Which lines of a file a change touches, on both sides."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cached_property

from journeyman.codebase.digesting import decoded
from journeyman.domain.changes import Side

LONGEST_COMPARED = 20_000
"""Lines of a side, without what begins and ends both alike, beyond which all of them count as changed."""


class Lines:
    """A side as texts. Lines count from 1. `before` holds what was deleted or replaced, `after` what came instead."""

    def __init__(self, side: Side) -> None:
        self.path = side.path
        self.old = decoded(side.old)[0] if side.old is not None else None
        self.new = decoded(side.new)[0] if side.new is not None else None

    @cached_property
    def blocks(self) -> list[tuple[int, int, int, int]]:
        """What differs, as ranges of both sides without their ends, counted from 0."""
        old, new = (self.old or "").splitlines(), (self.new or "").splitlines()
        head = 0
        while head < min(len(old), len(new)) and old[head] == new[head]:
            head += 1
        tail = 0
        while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        old_part, new_part = old[head : len(old) - tail], new[head : len(new) - tail]
        if max(len(old_part), len(new_part)) > LONGEST_COMPARED:
            return [(head, head + len(old_part), head, head + len(new_part))]
        found = SequenceMatcher(None, old_part, new_part, autojunk=False).get_opcodes()
        return [(head + a, head + b, head + c, head + d) for word, a, b, c, d in found if word != "equal"]

    def old_line(self, line: int) -> int:
        """Return the old line that a new one was, or that it stands at."""
        moved = 0
        for start, end, new_start, new_end in self.blocks:
            if new_start >= line:
                break
            if line <= new_end:
                return max(min(start + line - new_start, end), 1)
            moved = (new_end - new_start) - (end - start) + moved
        return line - moved

    @cached_property
    def before(self) -> set[int]:
        """The old lines that are gone or were replaced."""
        return {line + 1 for start, end, _, _ in self.blocks for line in range(start, end)}

    @cached_property
    def after(self) -> set[int]:
        """The new lines."""
        return {line + 1 for _, _, start, end in self.blocks for line in range(start, end)}

    @cached_property
    def inserted(self) -> set[int]:
        """The old lines right above which, with nothing taken away, something was put."""
        return {start + 1 for start, end, _, _ in self.blocks if start == end}
