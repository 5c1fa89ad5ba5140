"""What intake needs of rooms that it may not see. Fitted by `wiring`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from journeyman.domain.request import Repository
from journeyman.domain.runs import Run


class FoundHead(Protocol):
    """A branch of a remote and the commit it stands at."""

    @property
    def branch(self) -> str:
        """The branch's name."""
        ...

    @property
    def commit(self) -> str:
        """The commit's hash."""
        ...


Probe = Callable[[Repository], Awaitable[FoundHead]]
"""Looks at a remote: RepositoryRefused or RemoteOutage, else the base branch and its commit."""

CheckModel = Callable[[str, float | None], None]
"""Raises ModelRefused if a model cannot be used under a budget."""

Diff = Callable[[Run], Awaitable[str]]
"""Returns the run's change so far as a unified diff."""

CheckSandbox = Callable[[], str | None]
"""Returns None if commands can be isolated here, else what to do."""
