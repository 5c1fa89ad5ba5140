"""What `journeyman fix` is asked and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from journeyman.domain.checks import CheckReport
from journeyman.domain.diagnoses import Diagnosis
from journeyman.domain.mending import Leftover, Mended, Searching
from journeyman.domain.request import Limits
from journeyman.domain.runs import Run

NO_COMMAND = "none"
"""The reader of a check that is no command of the repository: the install of what the others need."""


class FixOptions(msgspec.Struct, frozen=True):
    """How a checkout is to be mended. `checks` replace those that are found; `log` is what a CI log told.

    `explain`: find out first where the faults seem to be. `limits` are for the run that a model gets, where one is
    named; `time_limit_seconds` is for mending without one.
    """

    checks: tuple[str, ...] = ()
    model: str = "none"
    apply: bool = True
    time_limit_seconds: float = 120.0
    allow_oracle_changes: bool = False
    apply_first: bool = False
    explain: bool = False
    log: tuple[Diagnosis, ...] = ()
    limits: Limits = Limits()


class Fixed(msgspec.Struct, frozen=True):
    """What came of it. `tree` names the mended copy; `diff` leads there from the files as they were.

    `before` is what the checks said at first, `diagnoses` why each of them failed. `written` are the files that were
    changed. Where they should have been and could not: `not_written` says why, and the patch is in `patch_file`.
    `run_id` is the run of a model, if one went on.
    """

    root: str
    before: CheckReport
    diagnoses: Mapping[str, tuple[Diagnosis, ...]]
    mended: Mended
    tree: str = ""
    diff: str = ""
    written: tuple[str, ...] = ()
    not_written: str = ""
    patch_file: str = ""
    interrupted: bool = False
    run_id: str = ""

    @property
    def green(self) -> bool:
        """Whether every check passes on the tree, and nothing else is left."""
        whole = not (self.mended.leftovers or self.not_written or self.interrupted)
        return whole and self.mended.report.passed


class Audience(Protocol):
    """Whoever looks on."""

    async def tell(self, line: str) -> None:
        """Take a line for people."""
        ...

    async def watch(self, searching: Searching) -> None:
        """Take how far a search has come."""
        ...

    async def carry_out(self, run_id: str) -> Run:
        """See a run to its end."""
        ...


class Copy(Protocol):
    """The copy of a checkout, in which everything happens."""

    async def mend(self, options: FixOptions, audience: Audience) -> Fixed:
        """Run the checks, mend what fails, run them again. The person's files stay as they are.

        An interruption (cancellation) ends the search; what was kept until then is returned.
        """
        ...

    async def offer(self, fixed: Fixed) -> str:
        """Return the address of a repository whose only branch is the mended tree, for a run of its own."""
        ...

    async def take_over(self, fixed: Fixed, run: Run) -> Fixed:
        """Return what came of it when a run went on with it and delivered a commit, or did not."""
        ...

    async def write_back(self, fixed: Fixed, *, oracle_changes: bool) -> Fixed:
        """Write the change into the person's files, or keep it as a patch if that is not possible.

        `oracle_changes`: the person has allowed that snapshots and generated expectations say something else.
        """
        ...


def still_left(fixed: Fixed, leftovers: tuple[Leftover, ...]) -> Fixed:
    """Return the same with other leftovers."""
    return msgspec.structs.replace(fixed, mended=msgspec.structs.replace(fixed.mended, leftovers=leftovers))
