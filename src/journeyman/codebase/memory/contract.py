"""What a memory needs of a store. Fitted by `store`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from journeyman.domain.patterns import MemoryStats, Pattern, PatternType, Recalled, Standing


class KeptPatterns(Protocol):
    """What is remembered of projects. What one project learnt is met by no question of another."""

    async def keep(
        self, patterns: Sequence[Pattern], terms: Sequence[Mapping[str, int]], at: datetime
    ) -> tuple[int, int]:
        """Store patterns, each with the weights (1 to 255) of its terms; returns how many are new and changed.

        One from outside is held. One that a person wrote or pinned is overwritten by a person only.
        """
        ...

    async def sweep(self, project: str, sources: Sequence[str], kept: Collection[str]) -> int:
        """Forget what was learnt from sources and is not among the kept keys, unless it is pinned or was shown."""
        ...

    async def rank(
        self, projects: Sequence[str], terms: Mapping[str, float], limit: int, kinds: Sequence[PatternType] = ()
    ) -> tuple[Recalled, ...]:
        """Return the active patterns that weighted terms bring up, best first."""
        ...

    async def pattern(self, number: int) -> Pattern:
        """Return a pattern. UnknownPattern."""
        ...

    async def listed(
        self, project: str, kinds: Sequence[PatternType] = (), standing: Standing | None = None, limit: int = 50
    ) -> tuple[Pattern, ...]:
        """Return patterns of a project: pinned ones first, then by success and confidence."""
        ...

    async def known(self, key: str) -> Pattern:
        """Return the pattern of a key, whatever its standing. UnknownPattern."""
        ...

    async def keyed(self, keys: Sequence[str]) -> dict[str, Pattern]:
        """Return the active patterns of these keys."""
        ...

    async def replace(self, pattern: Pattern, terms: Mapping[str, int], at: datetime) -> None:
        """Store a pattern in place of that of its number. UnknownPattern; WrongUse if another one has its key."""
        ...

    async def forget(self, number: int) -> None:
        """Remove a pattern with all that was noted of it. UnknownPattern."""
        ...

    async def recalled(self, numbers: Sequence[int]) -> None:
        """Count that patterns were recalled."""
        ...

    async def shown(self, run_id: str, project: str, numbers: Sequence[int]) -> None:
        """Note that a run was shown patterns. Doing it again changes nothing."""
        ...

    async def turned_out(self, run_id: str, helped: bool | None) -> tuple[Pattern, ...]:
        """Count how a run ended for what it was shown, and return what retired. None takes a count back.

        Doing it again changes nothing; another ending of a revived run replaces the first one.
        """
        ...

    async def stats(self, project: str) -> MemoryStats:
        """Return what a project's memory holds."""
        ...

    async def projects(self) -> tuple[str, ...]:
        """Return the projects that have patterns."""
        ...


class Marks(Protocol):
    """Small texts by name, such as how far a history has been read."""

    async def recall(self, key: str) -> str | None:
        """Return the text of a key."""
        ...

    async def remember(self, key: str, text: str, at: datetime) -> None:
        """Store a text."""
        ...
