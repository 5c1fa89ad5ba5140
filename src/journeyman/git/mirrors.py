"""A cache of bare mirrors, one for each address: the second run on a repository fetches only what is new."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from journeyman.domain.errors import GitFailed, RepositoryRefused
from journeyman.git.contract import Head
from journeyman.git.program import Git
from journeyman.git.remotes import HEADS, Remote

LOCK_POLL_SECONDS = 0.02


class Mirrors:
    """The mirrors below one folder. Any number of processes may use them at once."""

    def __init__(self, git: Git, folder: Path, *, most_packs: int = 50) -> None:
        self._git = git
        self._folder = folder
        self._most_packs = most_packs

    def path(self, remote: Remote) -> Path:
        """Return where the mirror of a remote is, or will be."""
        return self._folder / hashlib.sha256(remote.url.encode()).hexdigest()[:32]

    async def provide(self, remote: Remote, base: Head, *, anew: bool = False) -> Path:
        """Return a mirror that holds the base commit. One that is broken, or distrusted (`anew`), is replaced."""
        mirror = self.path(remote)
        async with _locked(mirror.with_suffix(".lock")):
            if anew or not await self._holds(mirror, base.commit):
                await self._update(remote, mirror, base, anew)
        return mirror

    async def _update(self, remote: Remote, mirror: Path, base: Head, anew: bool) -> None:
        if mirror.exists() and not anew:
            try:
                await self._fetch(remote, mirror, base)
                return
            except (GitFailed, RepositoryRefused):
                pass  # perhaps the mirror's fault; a fresh one tells
        fresh = mirror.with_suffix(f".{secrets.token_hex(4)}")
        try:
            await self._create(fresh, base)
            await self._fetch(remote, fresh, base)
            await asyncio.to_thread(shutil.rmtree, mirror, ignore_errors=True)
            fresh.rename(mirror)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    async def _create(self, mirror: Path, base: Head) -> None:
        kind = "sha256" if len(base.commit) == 64 else "sha1"
        await self._git.must("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", mirror)

    async def _fetch(self, remote: Remote, mirror: Path, base: Head) -> None:
        branch = f"{HEADS}{base.branch}"
        try:
            await remote.fetch(mirror, f"+{branch}:{branch}")
        except RepositoryRefused:
            await remote.fetch(mirror, base.commit)  # the branch went away, its commit perhaps not
        if not await self._holds(mirror, base.commit):
            await remote.fetch(mirror, base.commit)
        await self._tidy(mirror)

    async def _tidy(self, mirror: Path) -> None:
        """Join the packs when fetches have left many. Nothing is dropped: runs borrow from here."""
        if len(list(mirror.glob("objects/pack/*.pack"))) > self._most_packs:
            await self._git.must(f"--git-dir={mirror}", "repack", "-a", "-d", "--keep-unreachable", "--quiet")

    async def _holds(self, mirror: Path, commit: str) -> bool:
        if not (mirror / "HEAD").exists():
            return False
        ran = await self._git.run(f"--git-dir={mirror}", "cat-file", "-e", f"{commit}^{{tree}}")
        return ran.exit_code == 0


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _try_lock(handle):  # noqa: ASYNC110
            await asyncio.sleep(LOCK_POLL_SECONDS)  # another process may hold it, so no event would wake us
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
