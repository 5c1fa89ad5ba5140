"""What a run needs late or not at all, imported when it is first used: a start would wait 0.1 s for all of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from journeyman.domain.changes import Change, Finding
from journeyman.domain.checks import Check, CheckOutcome
from journeyman.domain.suspicion import Suspicion
from journeyman.gates import Raw, Tree
from journeyman.repair import Bench, Mended, Shell


class ReadersAtNeed:
    """Fits `OutcomeReader` with all readers."""

    def read(self, check: Check, raw: Raw) -> CheckOutcome:
        """Read as `OutputReaders` does."""
        from journeyman.gates.quality.readers import OutputReaders

        return OutputReaders().read(check, raw)


class GateAtNeed:
    """Fits `ChangeGate` with all gates."""

    async def judge(
        self, change: Change, before: Tree, after: Tree, *, tests_are_the_task: bool
    ) -> tuple[Finding, ...]:
        """Judge as `ChangeJudge` does."""
        from journeyman.gates.judging import ChangeJudge

        return await ChangeJudge().judge(change, before, after, tests_are_the_task=tests_are_the_task)


class MenderAtNeed:
    """Fits `Mender` with the fixers, by the monotonic clock."""

    async def mend(self, bench: Bench) -> Mended:
        """Mend as `FixerMender` does."""
        from journeyman.repair.mending import FixerMender

        return await FixerMender(time.monotonic).mend(bench)


class LocaliserAtNeed:
    """Fits `Localiser` with what failing and passing tests run."""

    async def suspicion(
        self,
        shell: Shell,
        paths: Sequence[str],
        outcome: CheckOutcome,
        seconds: float,
        recent: Mapping[str, frozenset[int]] | None = None,
    ) -> Suspicion | None:
        """Localise as `CoverageLocaliser` does."""
        from journeyman.repair.localisation import CoverageLocaliser

        return await CoverageLocaliser().suspicion(shell, paths, outcome, seconds, recent)
