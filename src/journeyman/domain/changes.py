"""A change between two trees, as values."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ChangeKind(StrEnum):
    """What happened to a file."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    MODE = "mode"


class ChangedFile(msgspec.Struct, frozen=True):
    """One file of a change. `old_path` differs for a rename only; sizes in bytes of the new content."""

    path: str
    kind: ChangeKind
    old_path: str = ""
    size: int = 0
    binary: bool = False
    added_lines: int = 0
    deleted_lines: int = 0


class Change(msgspec.Struct, frozen=True):
    """A whole change: the files and the unified diff of the text ones."""

    files: tuple[ChangedFile, ...] = ()
    diff: str = ""


TOGETHER_FILES = 20
"""Which files change together is not told by commits that changed more."""


class Commit(msgspec.Struct, frozen=True):
    """A commit of the past: its message, and the paths it changed."""

    id: str
    message: str
    paths: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0].strip()


class Severity(StrEnum):
    """How a finding counts: a blocking one sends the run back to CODE."""

    BLOCKS = "blocks"
    WARNS = "warns"


class Finding(msgspec.Struct, frozen=True):
    """One verdict of a gate. `rule` is its stable name, such as `test-weakened.skip`."""

    rule: str
    severity: Severity
    message: str
    path: str = ""
    line: int = 0
    evidence: str = ""

    def line_text(self) -> str:
        """Return the finding as one line for a person."""
        place = f"{self.path}:{self.line}: " if self.line else f"{self.path}: " if self.path else ""
        return f"{place}{self.message} [{self.rule}]"


class Side(msgspec.Struct, frozen=True):
    """A file before and after a change; None where it is not there."""

    path: str
    old: bytes | None
    new: bytes | None


class Told(msgspec.Struct, frozen=True):
    """A commit that changed something: `date` as YYYY-MM-DD, `subject` and `body` are its message."""

    commit: str
    author: str
    date: str
    subject: str
    body: str = ""
