"""A remote that is git and nothing more."""

from __future__ import annotations

from journeyman.forge.contract import PullRequest


class PlainRemote:
    """Has branches and no pull requests: the pushed branch is the result."""

    async def open_pull_request(self, wanted: PullRequest) -> str | None:
        """Return None: a person opens one from the pushed branch, if there is a place to."""
        del wanted
        return None
