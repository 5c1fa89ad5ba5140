"""What a fixer is: it looks at one failing check and proposes changes, likeliest first. The mender judges them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from functools import cached_property
from typing import Protocol

import msgspec

from journeyman.domain.checks import CheckOutcome
from journeyman.domain.diagnoses import Diagnosis
from journeyman.repair.contract import Bench, Discovery
from journeyman.repair.tree import SourceTree


class Case(msgspec.Struct, frozen=True, dict=True):
    """One failing check and the tree it failed on. `seconds_left` is what remains of the time limit.

    The bench tells what is allowed and where to tell of progress; judging is the mender's.
    """

    outcome: CheckOutcome
    tree: SourceTree
    seconds_left: float
    bench: Bench

    @cached_property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """What the check's output tells of failures, the likeliest cause first."""
        from journeyman.repair.diagnosis import diagnose_text  # its patterns cost 0.1 s

        return diagnose_text(self.words())

    def words(self) -> str:
        """Return everything the check said, problems and tests in one form: `path:line: code message`."""
        lines = [f"{p.path}:{p.line}: {p.code} {p.message}" for p in self.outcome.problems]
        lines += [test.message for test in self.outcome.tests if test.message]
        return "\n".join([self.outcome.output, *lines])


class Proposal(msgspec.Struct, frozen=True):
    """A change to try: new texts by path, or commands that change files by themselves.

    `formatter` says that the commands change layout alone, so they may also touch tests. `online`: the commands need
    the network of installs. `rebuild`: manifests change, so the environment is made anew before the check judges.
    `oracle`: snapshots or generated expectations change, which a person must have allowed. `makes` are files that the
    commands make where there were none.
    """

    summary: str
    texts: Mapping[str, str] = {}
    commands: tuple[str, ...] = ()
    formatter: bool = False
    online: bool = False
    rebuild: bool = False
    oracle: bool = False
    makes: tuple[str, ...] = ()


class Fixer(Protocol):
    """Proposes changes for failing checks of its kind, and tells what it found; nothing for others."""

    name: str

    def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        """Yield proposals, likeliest first. The tree is as it was at each resumption; the caller closes it."""
        ...
