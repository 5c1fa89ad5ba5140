"""The trees of one run, kept where other machines find them."""

from __future__ import annotations

from journeyman.git import Workspace
from journeyman.store import Snapshots

GATHERED_AT_ONCE = 50
"""Packs that are in memory at a time."""


class SharedTrees:
    """Keeps trees in the shared store and brings in those that another machine kept.

    Without a shared store (None) it does nothing: the trees are in the run's folder, beside the database.
    """

    def __init__(self, snapshots: Snapshots | None, run_id: str, workspace: Workspace) -> None:
        self._snapshots = snapshots
        self._run_id = run_id
        self._workspace = workspace
        self._last = ""
        self._kept: set[str] = set()

    async def gather(self) -> None:
        """Bring in what the store has and this machine has not."""
        if self._snapshots is None:
            return
        base = await self._workspace.base_tree()
        kept = await self._snapshots.trees(self._run_id)
        missing = await self._workspace.missing(kept)
        for start in range(0, len(missing), GATHERED_AT_ONCE):
            part = missing[start : start + GATHERED_AT_ONCE]
            await self._workspace.take_in(await self._snapshots.packs(self._run_id, part))
        self._kept = {base, *kept}
        self._last = kept[-1] if kept else base

    async def keep(self, tree: str) -> None:
        """Keep a tree before anything that is recorded names it. What was kept before is not stored again."""
        if self._snapshots is None or tree in self._kept:
            return
        known = tuple({await self._workspace.base_tree(), self._last})
        await self._snapshots.keep(self._run_id, tree, await self._workspace.pack(tree, known))
        self._kept.add(tree)
        self._last = tree
