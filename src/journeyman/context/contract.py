"""What is put before a model about the code, and why each piece of it is there."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

BYTES_PER_TOKEN = 3
"""Code has three to four bytes a token; three errs on the safe side."""


class Part(StrEnum):
    """What a piece is, in the order in which a pack shows them."""

    SETTING = "setting"
    CONVENTION = "convention"
    MAP = "map"
    CODE = "code"
    TEST = "test"


TITLES = {
    Part.SETTING: "What the team has set",
    Part.CONVENTION: "How code is written here",
    Part.MAP: "Map of the repository, ranked for the task",
    Part.CODE: "Code",
    Part.TEST: "Tests",
}


class Piece(msgspec.Struct, frozen=True):
    """Something that is shown, and the reason. Lines count from 1; 0 where the piece is no part of a file."""

    part: Part
    place: str
    reason: str
    text: str
    line: int = 0
    end_line: int = 0
    whole: bool = True

    @property
    def shown(self) -> str:
        """The piece as a model sees it."""
        if not self.line:
            return f"- {self.text}\n"
        path, _, name = self.place.partition(":")
        return f"### {path}:{self.line}-{self.end_line} {name} ({self.reason})\n{self.text}\n"


class Pack(msgspec.Struct, frozen=True):
    """What is shown for a task. `tokens`, an estimate on the safe side, is never above `budget`."""

    task: str
    budget: int
    tokens: int
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """All of it as a model sees it."""
        return text_of(self.pieces)


def text_of(pieces: Iterable[Piece]) -> str:
    """Return pieces as a model sees them, part by part."""
    by_part: dict[Part, list[Piece]] = {part: [] for part in Part}
    for piece in pieces:
        by_part[piece.part].append(piece)
    return "\n".join(
        f"{heading(part)}{''.join(piece.shown for piece in own)}" for part, own in by_part.items() if own
    )


def heading(part: Part) -> str:
    """Return the line above the pieces of a part."""
    return f"## {TITLES[part]}\n"


def tokens_in(text: str) -> int:
    """Return an estimate, on the safe side, of the tokens of a text; 0 for none."""
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)
