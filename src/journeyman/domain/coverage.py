"""What tests were seen to run: recorded in the sandbox, kept by the index."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Ran(msgspec.Struct, frozen=True):
    """Lines of a file that ran: bit `n` of `lines` is line `n`."""

    path: str
    lines: int


class RecordedTest(msgspec.Struct, frozen=True):
    """One test: what it ran, as numbers in `Recorded.ran`, and what it read below the root, folders with a slash.

    `opaque`: it starts programs, which may run code that was not seen. `name` is pytest's id, from the root on.
    """

    name: str
    seconds: float
    passed: bool
    opaque: bool
    reads: tuple[str, ...]
    ran: tuple[int, ...]

    @property
    def path(self) -> str:
        """The file that the test is in."""
        return self.name.partition("::")[0]


class Recorded(msgspec.Struct, frozen=True):
    """A recording. `files` are the Git blob ids of all Python files as they were; `imported` is what ran while tests
    were collected, as numbers in `ran`. `exit_code` and `output` are those of the command."""

    tests: tuple[RecordedTest, ...]
    ran: tuple[Ran, ...]
    imported: tuple[int, ...]
    files: Mapping[str, str]
    exit_code: int = 0
    output: str = ""
