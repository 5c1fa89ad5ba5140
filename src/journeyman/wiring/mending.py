"""The mender and the localiser of a process, imported when a check first fails: a start would wait 50 ms for them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from journeyman.domain.checks import CheckOutcome
from journeyman.domain.suspicion import Suspicion
from journeyman.repair import Bench, Mended, Shell


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
