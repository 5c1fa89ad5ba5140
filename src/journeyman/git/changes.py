"""Reads what `git diff-tree -z --raw --numstat` says about a change. Parses bytes; runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from journeyman.domain.changes import Change, ChangedFile, ChangeKind

GITLINK = b"160000"


class RawChange(msgspec.Struct, frozen=True):
    """One record of the raw part: modes and blob names before and after, and git's letter for what happened."""

    old_mode: bytes
    new_mode: bytes
    old_blob: bytes
    new_blob: bytes
    letter: str
    path: bytes
    old_path: bytes

    @property
    def kind(self) -> ChangeKind:
        """What happened to the file."""
        if self.letter == "M" and self.old_blob == self.new_blob:
            return ChangeKind.MODE
        kinds = {"A": ChangeKind.ADDED, "D": ChangeKind.DELETED, "R": ChangeKind.RENAMED}
        return kinds.get(self.letter, ChangeKind.MODIFIED)


class Lines(msgspec.Struct, frozen=True):
    """How many lines a file gained and lost; a binary one has none."""

    added: int = 0
    deleted: int = 0
    binary: bool = False


def read_change(output: bytes) -> tuple[tuple[RawChange, ...], dict[bytes, Lines]]:
    """Return the raw records and the lines by path."""
    fields = iter(output.split(b"\0"))
    raw: list[RawChange] = []
    lines: dict[bytes, Lines] = {}
    for field in fields:
        if field.startswith(b":"):
            raw.append(_raw_record(field, fields))
        elif field.count(b"\t") >= 2:
            path, counted = _lines_record(field, fields)
            lines[path] = counted
    return tuple(raw), lines


def _raw_record(field: bytes, rest: Iterator[bytes]) -> RawChange:
    old_mode, new_mode, old_blob, new_blob, letter = field[1:].split(b" ")
    old_path = next(rest)
    path = next(rest) if letter[:1] in b"RC" else old_path
    return RawChange(old_mode, new_mode, old_blob, new_blob, letter[:1].decode(), path, old_path)


def _lines_record(field: bytes, rest: Iterator[bytes]) -> tuple[bytes, Lines]:
    added, deleted, path = field.split(b"\t", 2)
    if not path:  # a rename: the two paths follow
        next(rest)
        path = next(rest)
    if added == b"-":
        return path, Lines(binary=True)
    return path, Lines(int(added), int(deleted))


def assemble(
    raw: tuple[RawChange, ...], lines: Mapping[bytes, Lines], sizes: Mapping[bytes, int], diff: bytes
) -> Change:
    """Return the change as a value. `sizes` are by blob."""
    return Change(tuple(_file(record, lines, sizes) for record in raw), text(diff))


def _file(record: RawChange, lines: Mapping[bytes, Lines], sizes: Mapping[bytes, int]) -> ChangedFile:
    counted = lines.get(record.path, Lines())
    return ChangedFile(
        path=text(record.path),
        kind=record.kind,
        old_path=text(record.old_path) if record.kind is ChangeKind.RENAMED else "",
        size=sizes.get(record.new_blob, 0),
        binary=counted.binary,
        added_lines=counted.added,
        deleted_lines=counted.deleted,
    )


def text(raw: bytes) -> str:
    """Return bytes as text that any encoder takes; what is not UTF-8 becomes a mark."""
    return raw.decode(errors="replace")
