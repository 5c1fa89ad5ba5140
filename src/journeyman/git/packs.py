"""Trees as packs: what a machine needs that has the base commit and the packs before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from journeyman.git.objects import Objects
from journeyman.git.program import Git

MOST_PACKS = 20
"""Packs that are left side by side; every git process opens each of them."""

NOBODY = "author - <-> 0 +0000\ncommitter - <-> 0 +0000\n\n"


class Packs:
    """The packs of one git directory."""

    def __init__(self, git: Git, git_dir: Path) -> None:
        self._git = git
        self._git_dir = git_dir

    async def pack(self, tree_hash: str, known: Sequence[str]) -> bytes:
        """Return a thin pack of what a tree has that the known trees have not.

        Git looks for what a file is like in the parents of a commit, so each tree is dressed up as one.
        """
        parents = [self._commit(tree) for tree in known]
        wanted = "\n".join([self._commit(tree_hash, parents), *(f"^{parent}" for parent in parents)]) + "\n"
        # A second thread costs more than it gains on what one tool call changed.
        return await self._run(
            "-c", "pack.threads=1", "pack-objects", "--quiet", "--revs", "--thin", "--stdout", stdin=wanted.encode()
        )

    async def take_in(self, packs: Sequence[bytes]) -> None:
        """Take in packs, in the order in which they were made. Each comes in whole or not at all."""
        for pack in packs:
            await self._run("index-pack", "--stdin", "--fix-thin", stdin=pack)
        if len(list(self._git_dir.glob("objects/pack/*.pack"))) > MOST_PACKS:
            await self._run("repack", "-a", "-d", "-l", "--keep-unreachable", "--quiet")

    async def missing(self, trees: Sequence[str]) -> tuple[str, ...]:
        """Return those of the trees that are not here."""
        if not trees:
            return ()
        asked = "".join(f"{tree}\n" for tree in trees).encode()
        answers = (await self._run("cat-file", "--batch-check", stdin=asked)).decode().splitlines()
        found = {answer.split()[0] for answer in answers if answer.split()[1] == "tree"}
        return tuple(tree for tree in trees if tree not in found)

    def _commit(self, tree_hash: str, parents: Sequence[str] = ()) -> str:
        lines = [f"tree {tree_hash}", *(f"parent {parent}" for parent in parents), NOBODY]
        return Objects(self._git_dir, len(tree_hash) // 2).write(b"commit", "\n".join(lines).encode()).hex()

    async def _run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        return await self._git.must(f"--git-dir={self._git_dir}", *arguments, stdin=stdin)
