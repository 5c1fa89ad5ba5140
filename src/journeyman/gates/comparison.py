"""A change with its texts: what the rules of every gate look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

import msgspec

from journeyman.domain.changes import Change, ChangedFile, ChangeKind
from journeyman.gates.contract import Tree

LARGEST_TEXT = 2 * 1024**2
"""Larger files are not compared line by line; governance flags them."""


class Edit(msgspec.Struct, frozen=True):
    """One changed file and its texts; None where there is no text (absent, binary, too large)."""

    file: ChangedFile
    before: str | None = None
    after: str | None = None

    @property
    def path(self) -> str:
        """Return the path, the new one where there are two."""
        return self.file.path

    def added(self) -> Iterator[tuple[int, str]]:
        """Yield the new lines with their numbers; a line that only moved is not new."""
        left = Counter((self.before or "").splitlines())
        for index, line in enumerate((self.after or "").splitlines(), 1):
            if left[line]:
                left[line] -= 1
            else:
                yield index, line

    def gone(self) -> Iterator[str]:
        """Yield the lines that are no longer there."""
        left = Counter((self.after or "").splitlines())
        for line in (self.before or "").splitlines():
            if left[line]:
                left[line] -= 1
            else:
                yield line


class Comparison(msgspec.Struct, frozen=True):
    """A change as a whole. `read` gives any file of the tree after it."""

    edits: tuple[Edit, ...]
    paths: tuple[str, ...] = ()
    read: Callable[[str], Awaitable[str | None]] | None = None


async def compare(change: Change, before: Tree, after: Tree) -> Comparison:
    """Return the change with the texts of its files."""
    edits = [await _edit(file, before, after) for file in change.files]
    return Comparison(edits=tuple(edits), paths=after.paths, read=after.read)


async def _edit(file: ChangedFile, before: Tree, after: Tree) -> Edit:
    if file.binary or file.size > LARGEST_TEXT:
        return Edit(file=file)
    old = None if file.kind is ChangeKind.ADDED else await before.read(file.old_path or file.path)
    new = None if file.kind is ChangeKind.DELETED else await after.read(file.path)
    return Edit(file=file, before=old, after=new)
