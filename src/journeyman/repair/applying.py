"""Makes a proposal's changes in the tree: texts and commands, but never another meaning of a test."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from journeyman.repair.contract import Bench
from journeyman.repair.fixers import Case, Proposal
from journeyman.repair.protected import is_test_file, same_meaning
from journeyman.repair.tree import SourceTree

_AT_ONCE = 100
"""Files that one command removes."""


class Application:
    """Applies proposals to one tree. `left` tells the seconds that their commands may take."""

    def __init__(self, bench: Bench, tree: SourceTree, left: Callable[[], float]) -> None:
        self._bench = bench
        self._tree = tree
        self._left = left

    async def apply(self, case: Case, proposal: Proposal) -> tuple[str, ...]:
        """Make a proposal's changes and return the changed paths: none if it would edit a test."""
        if not proposal.oracle and not all(
            [await self._harmless(path, text) for path, text in proposal.texts.items()]
        ):
            return ()
        changed = [path for path, text in proposal.texts.items() if await self._tree.text(path) != text]
        for path in changed:
            await self._tree.write(path, proposal.texts[path])
        await self._tree.drop_compiled(changed)
        return (*changed, *(await self._run(case, proposal) if proposal.commands else ()))

    async def _harmless(self, path: str, text: str) -> bool:
        """Tell whether a new text is of no test, or of one that means the same by it."""
        old = await self._tree.text(path) if is_test_file(path) else ""
        return not is_test_file(path) or (old is not None and same_meaning(path, old, text))

    async def _run(self, case: Case, proposal: Proposal) -> tuple[str, ...]:
        """Run a proposal's commands and return the changed paths, edits of tests taken back unless allowed."""
        said = case.words()
        known = [path for path in self._tree.paths if is_test_file(path) and (path in said or not proposal.formatter)]
        tests = {path: await self._tree.text(path) for path in known}
        before = await self._tree.digests(proposal.makes)
        online = self._bench.online if proposal.online else None
        run = online or self._bench.shell.run
        for command in proposal.commands:
            await run(command, max(1.0, self._left()))
        self._tree.forget()
        await self._sweep(proposal)
        after = await self._tree.digests(proposal.makes)
        changed = [path for path in {**before, **after} if before.get(path) != after.get(path)]
        await self._tree.drop_compiled(changed)
        return tuple([path for path in changed if await self._may_stay(path, tests.get(path), proposal)])

    async def _sweep(self, proposal: Proposal) -> None:
        """Remove files that a tool left beside its work, as `cargo fmt` does with a lock file."""
        if proposal.oracle or self._bench.files is None:
            return
        there = await self._bench.files(await self._bench.save())
        left = sorted(set(there) - {*self._tree.paths, *proposal.makes})
        for start in range(0, len(left), _AT_ONCE):
            await self._bench.shell.run("rm -f -- " + " ".join(map(shlex.quote, left[start : start + _AT_ONCE])))

    async def _may_stay(self, path: str, old: str | None, proposal: Proposal) -> bool:
        """Tell whether a command's change of a file may stay; a test whose meaning changed is put back."""
        if proposal.oracle or not is_test_file(path):
            return True
        new = await self._tree.text(path)
        if old is None or new is None:
            return proposal.formatter
        if same_meaning(path, old, new) or (proposal.formatter and not path.endswith(".py")):
            return True
        await self._tree.write(path, old)
        return False
