"""Where pull requests live: GitHub and its like, or a plain remote that has none."""

from __future__ import annotations

from typing import Protocol

import msgspec


class PullRequest(msgspec.Struct, frozen=True):
    """A pull request to open. Doing so twice for one branch gives the same one."""

    remote_url: str
    branch: str
    base: str
    title: str
    body: str


class Forge(Protocol):
    """Opens pull requests."""

    async def open_pull_request(self, wanted: PullRequest) -> str | None:
        """Return the pull request's address; None where the remote has no pull requests."""
        ...
