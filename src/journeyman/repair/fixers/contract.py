"""What a fixer is: it looks at one failing check and proposes changes, likeliest first. The mender judges them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

import msgspec

from journeyman.domain.checks import CheckOutcome
from journeyman.repair.tree import SourceTree


class Case(msgspec.Struct, frozen=True):
    """One failing check and the tree it failed on. `seconds_left` is what remains of the time limit."""

    outcome: CheckOutcome
    tree: SourceTree
    seconds_left: float

    def words(self) -> str:
        """Return everything the check said, problems and tests in one form: `path:line: code message`."""
        lines = [f"{p.path}:{p.line}: {p.code} {p.message}" for p in self.outcome.problems]
        lines += [test.message for test in self.outcome.tests if test.message]
        return "\n".join([self.outcome.output, *lines])


class Proposal(msgspec.Struct, frozen=True):
    """A change to try: new texts by path, or commands that change files by themselves.

    `formatter` says that the commands change layout alone, so they may also touch tests.
    """

    summary: str
    texts: Mapping[str, str] = {}
    commands: tuple[str, ...] = ()
    formatter: bool = False


class Fixer(Protocol):
    """Proposes changes for failing checks of its kind; nothing for others."""

    name: str

    def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        """Yield proposals, likeliest first. The tree is as it was at each resumption; the caller closes it."""
        ...
