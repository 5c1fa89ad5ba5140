"""Tells what belongs to a work tree that lies where a person keeps it. Nothing of it is run or changed."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from journeyman.domain.changes import Commit
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

    async def commits(self, root: Path, commit: str, most: int) -> list[Commit]:
        """Return a commit and those before it, newest first, merges left out; nothing if it is unknown."""
        ran = await self._git.run(
            *_SETTINGS, "log", f"--max-count={most}", "--no-merges", "-z", "--format=%H%n%B", "--end-of-options",
            commit, "--", cwd=root,
        )  # fmt: skip
        if ran.exit_code:
            return []
        told = (entry.partition(b"\n") for entry in ran.stdout.split(b"\0") if entry)
        messages = {id: message.decode(errors="replace").strip() for id, _, message in told}
        paths = await self._paths(root, messages)
        return [Commit(id.decode(), message, tuple(paths[id])) for id, message in messages.items()]

    async def _paths(self, root: Path, commits: Collection[bytes]) -> dict[bytes, list[str]]:
        """Return the paths that each of the commits changed."""
        listed = await self._git.must(
            *_SETTINGS, "diff-tree", "--stdin", "--root", "-r", "-z", "--name-only", "--no-renames", cwd=root,
            stdin=b"".join(commit + b"\n" for commit in commits),
        )  # fmt: skip
        found: dict[bytes, list[str]] = {commit: [] for commit in commits}
        own: list[str] = []
        for name in filter(None, listed.split(b"\0")):
            if name in found:
                own = found[name]
            else:
                own.append(os.fsdecode(name))
        return found

    async def diffs(self, root: Path, commits: Sequence[str]) -> dict[str, str]:
        """Return the unified diffs of commits, with two lines around each change."""
        ran = await self._git.run(
            *_SETTINGS, "-c", "core.quotePath=false", "diff-tree", "--stdin", "--root", "-r", "-p", "-U2",
            "--no-renames", "--no-ext-diff", "--no-textconv", "--format=%x01%H", cwd=root,
            stdin="".join(f"{commit}\n" for commit in commits).encode(),
        )  # fmt: skip
        parts = (entry.partition(b"\n") for entry in (b"\n" + ran.stdout).split(b"\n\x01")[1:])
        return {id.decode(): diff.decode(errors="replace").strip("\n") for id, _, diff in parts}

    async def names(self, root: Path, commit: str) -> frozenset[str]:
        """Return the paths of a commit's files; nothing if it is unknown."""
        asked = ("ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", commit)
        ran = await self._git.run(*_SETTINGS, *asked, cwd=root)
        return frozenset() if ran.exit_code else frozenset(map(os.fsdecode, filter(None, ran.stdout.split(b"\0"))))

    async def files(self, root: Path, commit: str, largest: int) -> dict[str, bytes]:
        """Return the files of a commit by their paths, links and those of more bytes than `largest` left out."""
        listing = await self._git.must(*_SETTINGS, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, cwd=root)
        wanted = {}
        for entry in filter(None, listing.split(b"\0")):
            facts, _, path = entry.partition(b"\t")
            mode, _, blob, size = facts.split()
            if mode.startswith(b"100") and int(size) <= largest:
                wanted[os.fsdecode(path)] = blob
        asked = b"\n".join(wanted.values()) + b"\n"
        said = await self._git.must(*_SETTINGS, "cat-file", "--batch", cwd=root, stdin=asked) if wanted else b""
        found: dict[str, bytes] = {}
        at = 0
        for name in wanted:
            begin = said.index(b"\n", at) + 1
            at = begin + int(said[at : begin - 1].split()[2])
            found[name] = said[begin:at]
            at += 1
        return found

    async def top(self, root: Path) -> Path:
        """Return the top folder of the work tree that a place is in; the place itself where there is none."""
        try:
            ran = await self._git.run(*_SETTINGS, "rev-parse", "--show-toplevel", cwd=root)
        except GitFailed:
            return root
        return root if ran.exit_code else Path(os.fsdecode(ran.stdout.rstrip(b"\n")))

    async def origin(self, root: Path) -> str:
        """Return the address of the remote that a place was cloned from, else the place of its git directory.

        Empty where there is no repository.
        """
        try:
            named = await self._git.run(*_SETTINGS, "config", "--get", "remote.origin.url", cwd=root)
            lies = await self._git.run(*_SETTINGS, "rev-parse", "--git-common-dir", cwd=root)
        except GitFailed:
            return ""
        if lies.exit_code:
            return ""
        place = os.path.realpath(root / os.fsdecode(lies.stdout.rstrip(b"\n")))
        return named.stdout.decode(errors="replace").strip() if not named.exit_code else place

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
