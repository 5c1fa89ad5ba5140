"""The trees of a run as one pack, and a repository made from such a pack."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from journeyman.domain.errors import GitFailed, WrongUse
from journeyman.git.contract import Head
from journeyman.git.program import Git

ONE_WAY = ("--threads=1", "--no-reuse-delta", "--no-reuse-object", "--delta-base-offset", "-q")
"""The same objects give the same bytes, however they are stored here."""


class RecordedTrees:
    """Packs and unpacks; `home` is where `GitRepositories` keeps its runs."""

    def __init__(self, git: Git, home: Path) -> None:
        self._git = git
        self._home = home

    async def pack(self, run_id: str, commits: Sequence[str], trees: Sequence[str], into: Path) -> Path:
        """Write a pack of the commits, without what came before them, and of everything in the trees.

        WrongUse if this machine does not have them.
        """
        git_dir = f"--git-dir={self.git_dir(run_id)}"
        await self._check(git_dir, [*commits, *trees])
        roots = "\n".join(dict.fromkeys(trees)).encode() + b"\n"
        listed = await self._git.must(git_dir, "rev-list", "--objects", "--no-walk", "--stdin", stdin=roots)
        objects = sorted({*listed.splitlines(), *(commit.encode() for commit in commits)})
        given = b"\n".join(objects) + b"\n"
        name = await self._git.must(git_dir, "pack-objects", *ONE_WAY, into / "trees", stdin=given)
        return into / f"trees-{name.decode().strip()}.pack"

    async def unpack(self, pack: Path, head: Head, repository: Path) -> None:
        """Make a bare repository whose one branch stands at the recorded commit. GitFailed if the pack is damaged."""
        kind = "sha256" if len(head.commit) == 64 else "sha1"
        await self._git.must("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", repository)
        place = repository / "objects" / "pack" / "recorded.pack"
        shutil.copyfile(pack, place)
        git_dir = f"--git-dir={repository}"
        await self._git.must(git_dir, "index-pack", place)
        (repository / "shallow").write_text(f"{head.commit}\n")
        await self._git.must(git_dir, "update-ref", f"refs/heads/{head.branch}", head.commit)
        await self._git.must(git_dir, "symbolic-ref", "HEAD", f"refs/heads/{head.branch}")

    async def differing(self, run_id: str, repository: Path, recorded: str, now: str) -> tuple[str, ...]:
        """Return the paths in which two trees differ: a recorded one and one of a run here."""
        ran = await self._git.run(
            f"--git-dir={self.git_dir(run_id)}", "diff-tree", "-r", "-z", "--name-only", recorded, now,
            variables={"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository / "objects")},
        )  # fmt: skip
        return tuple(os.fsdecode(path) for path in ran.stdout.split(b"\0") if path)

    async def tree_of(self, run_id: str, commit: str) -> str:
        """Return the tree of a commit. GitFailed if a run's git directory does not have it."""
        git_dir = f"--git-dir={self.git_dir(run_id)}"
        return (await self._git.must(git_dir, "rev-parse", "--verify", f"{commit}^{{tree}}")).decode().strip()

    async def version(self) -> str:
        """Return git's version."""
        return (await self._git.must("version")).decode().strip().removeprefix("git version ")

    def git_dir(self, run_id: str) -> Path:
        """Return where a run's snapshots are."""
        return self._home / "runs" / run_id / "git"

    async def _check(self, git_dir: str, names: Sequence[str]) -> None:
        given = "\n".join(names).encode() + b"\n"
        try:
            told = await self._git.must(git_dir, "cat-file", "--batch-check", stdin=given)
        except GitFailed:
            told = b"missing"
        if b"missing" in told:
            raise WrongUse("the trees of the run are not on this machine", "export it where it ran last")
