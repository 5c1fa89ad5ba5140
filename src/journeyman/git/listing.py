"""Tells what belongs to a work tree that lies where a person keeps it. Nothing of it is run or changed."""

from __future__ import annotations

import os
from pathlib import Path

from journeyman.domain.errors import BadRequest, GitFailed
from journeyman.git.program import Git

_SETTINGS = ("-c", "safe.directory=*")
"""Whoever owns the tree: its configuration can start nothing in what is asked here."""


class WorkTrees:
    """Lists work trees."""

    def __init__(self, git: Git) -> None:
        self._git = git

    async def paths(self, root: Path) -> list[bytes] | None:
        """Return the paths below a folder that git does not ignore, or None if the folder is in no work tree."""
        try:
            ran = await self._git.run(
                *_SETTINGS, "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=root
            )
        except GitFailed:
            return None
        if ran.exit_code:
            return None
        return [path.rstrip(b"/") for path in ran.stdout.split(b"\0") if path]

    async def identity(self, root: Path) -> str:
        """Return what all clones of a repository have in common: its first commit. Empty if there is none."""
        try:
            ran = await self._git.run(*_SETTINGS, "rev-list", "--max-parents=0", "HEAD", cwd=root)
        except GitFailed:
            return ""
        commits = ran.stdout.split()
        return min(commits).decode() if commits and not ran.exit_code else ""

    async def head(self, root: Path) -> str:
        """Return the commit that a work tree stands at; empty if there is none."""
        try:
            ran = await self._git.run(*_SETTINGS, "rev-parse", "--verify", "--quiet", "HEAD", cwd=root)
        except GitFailed:
            return ""
        return "" if ran.exit_code else ran.stdout.decode().strip()

    async def history(self, root: Path, commit: str, most: int) -> list[tuple[str, tuple[str, ...]]]:
        """Return the messages of a commit and those before it, newest first, and the paths below a folder of each."""
        ran = await self._git.run(
            *_SETTINGS, "log", f"--max-count={most}", "--no-merges", "--no-renames", "--no-ext-diff", "--no-textconv",
            "--name-only", "--relative", "-z", "--format=%x01%s%n%b%x02", commit, "--", cwd=root,
        )  # fmt: skip
        if ran.exit_code:
            return []
        found = []
        for entry in ran.stdout.split(b"\x01")[1:]:
            message, _, names = entry.partition(b"\x02")
            paths = tuple(os.fsdecode(name) for name in names.strip(b"\0\n").split(b"\0") if name)
            found.append((message.decode(errors="replace"), paths))
        return found

    async def changed_since(self, root: Path, revision: str) -> frozenset[str]:
        """Return the paths below a folder that differ from a revision. BadRequest if there is no such revision."""
        found: set[bytes] = set()
        asked = await self._git.run(
            *_SETTINGS, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", cwd=root
        )
        if asked.exit_code:
            raise BadRequest("--changed-since", f"there is no revision {revision} here", "name a commit or a branch")
        commit = asked.stdout.strip().decode()
        for command in (
            ("diff", "--name-only", "-z", "--relative", "--no-ext-diff", "--no-textconv", commit, "--"),
            ("ls-files", "-z", "--others", "--exclude-standard"),
        ):
            found.update(path for path in (await self._git.must(*_SETTINGS, *command, cwd=root)).split(b"\0") if path)
        return frozenset(os.fsdecode(path) for path in found)
