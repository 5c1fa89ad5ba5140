"""Reaches remotes and keeps each run's workspace: `home/runs/<id>/git` and, apart from it, `home/runs/<id>/tree`."""

from __future__ import annotations

import asyncio
import difflib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from journeyman.domain.errors import GitFailed, RepositoryRefused
from journeyman.domain.request import Repository
from journeyman.git.addresses import Transport, local_path, parse_address
from journeyman.git.contract import Head, Workspace
from journeyman.git.credentials import Keyring
from journeyman.git.folders import RunFolders
from journeyman.git.mirrors import Mirrors
from journeyman.git.program import SEARCH_PATH, Git
from journeyman.git.remotes import Remote
from journeyman.git.worktree import ATTRIBUTES, GitWorkspace, Owner


class GitRepositories:
    """Fits `Repositories` with the git program.

    `home` holds mirrors and runs. `known_hosts` are the files of host keys that count; advice names the first.
    `owner` is the (uid, gid) that work trees belong to, when this process is root. `passed_on` are variables that
    git needs from outside, such as `https_proxy` and `GIT_SSL_CAINFO`.
    """

    def __init__(
        self,
        home: Path,
        *,
        known_hosts: Sequence[Path],
        owner: Owner | None = None,
        search_path: str = SEARCH_PATH,
        passed_on: Mapping[str, str] | None = None,
    ) -> None:
        self._owner = owner
        self._git = Git(search_path=search_path, passed_on=passed_on)
        self._keyring = Keyring(home, known_hosts)
        self._mirrors = Mirrors(self._git, home / "mirrors")
        self._folders = RunFolders(home)

    async def probe(self, repository: Repository) -> Head:
        """Return the base branch and its commit; an empty branch means the remote's default."""
        remote = self._remote(repository)
        branches = await remote.branches()
        if not branches.heads:
            raise RepositoryRefused(f"{remote.address.url} has no commits yet", "make a first commit and push it")
        wanted = repository.branch or branches.default
        if not wanted:
            raise RepositoryRefused(f"{remote.address.url} has no default branch", _choice("", branches.heads))
        if wanted not in branches.heads:
            problem = f"there is no branch '{wanted}' in {remote.address.url}"
            raise RepositoryRefused(problem, _choice(wanted, branches.heads))
        return Head(wanted, branches.heads[wanted])

    async def branches(self, repository: Repository) -> Mapping[str, str]:
        """Return the remote's branches by name, each with its commit."""
        return (await self._remote(repository).branches()).heads

    async def prepare(self, run_id: str, repository: Repository, base: Head) -> Workspace:
        """Make the run's work tree at the base commit. Doing it again leaves the tree as it is."""
        remote, folder = self._remote(repository), self._folders.own(run_id)
        (folder / "git" / "index.lock").unlink(missing_ok=True)  # left by a process that was killed
        workspace = self._workspace(run_id, folder, remote, base)
        if _complete(folder):
            return workspace
        try:
            await self._build(run_id, folder, workspace, await self._mirrors.provide(remote, base))
        except GitFailed:
            await self._build(run_id, folder, workspace, await self._mirrors.provide(remote, base, anew=True))
        return workspace

    async def reopen(self, run_id: str, repository: Repository, base: Head) -> Workspace:
        """Return the workspace of a run as it stands; rebuilt at the base if this machine does not have it."""
        return await self.prepare(run_id, repository, base)

    async def glance(self, run_id: str, repository: Repository, base: Head) -> Workspace:
        """Return the workspace of a run to look at its trees only: the work tree may be another process's."""
        remote, folder = self._remote(repository), self._folders.of(run_id)
        if not (folder / "git" / "HEAD").exists():
            await self._make_git_dir(folder / "git", await self._mirrors.provide(remote, base), base)
        # No command of a glance looks at the work tree; git only wants to be told of a folder that exists.
        return GitWorkspace(self._git, folder / "git", folder / "git", base, remote, run_id, self._owner)

    def leave(self, run_id: str | None = None) -> None:
        """Let other processes have the folder of a run that this one worked in, or of all of them."""
        if run_id is None:
            self._folders.leave_all()
        else:
            self._folders.leave(run_id)

    async def adopt(self, spare: str, run_id: str) -> bool:
        """Give a run the workspace that was prepared under another name. The tree comes last: it makes it whole."""
        old, new = self._folders.own(spare), self._folders.own(run_id)
        if not _complete(old) or new != self._folders.of(run_id) or (new / "git").exists():
            return False
        for part in ("git", "tree"):
            (old / part).rename(new / part)
        await self.remove(spare)
        return True

    async def remove(self, run_id: str) -> None:
        """Remove a workspace with all that belongs to it."""
        folder = self._folders.own(run_id)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        self._folders.leave(run_id)

    async def remove_abandoned(self, prefix: str) -> None:
        """Remove the workspaces whose names begin so and that no process works in."""
        for name in self._folders.abandoned(prefix):
            await self.remove(name)

    async def discard(self, run_id: str) -> None:
        """Remove the run's tree, for a fresh clone. The snapshots stay."""
        await asyncio.to_thread(shutil.rmtree, self._folders.own(run_id) / "tree", ignore_errors=True)

    def _remote(self, repository: Repository) -> Remote:
        address = parse_address(repository.remote_url)
        if address.transport is Transport.LOCAL:
            _check_local(local_path(address.url))
        return Remote(self._git, self._keyring, address, repository.credentials)

    def _workspace(self, run_id: str, folder: Path, remote: Remote, base: Head) -> GitWorkspace:
        return GitWorkspace(self._git, folder / "git", folder / "tree", base, remote, run_id, self._owner)

    async def _build(self, run_id: str, folder: Path, workspace: GitWorkspace, mirror: Path) -> None:
        await self._make_git_dir(self._folders.of(run_id) / "git", mirror, workspace.base)
        if folder != self._folders.of(run_id):
            _share_objects(self._folders.of(run_id) / "git", folder / "git")
            await self._make_git_dir(folder / "git", mirror, workspace.base)
        fresh = folder / "tree.new"
        for leftover in (fresh, folder / "tree"):
            await asyncio.to_thread(shutil.rmtree, leftover, ignore_errors=True)
        fresh.mkdir(parents=True)
        (folder / "git" / "index").unlink(missing_ok=True)
        await workspace.check_out_base(fresh)
        fresh.rename(folder / "tree")

    async def _make_git_dir(self, git_dir: Path, mirror: Path, base: Head) -> None:
        if not (git_dir / "HEAD").exists():
            kind = "sha256" if len(base.commit) == 64 else "sha1"
            await self._git.must("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", git_dir)
        for name, content in (
            ("objects/info/alternates", f"{mirror / 'objects'}\n"),
            ("info/attributes", ATTRIBUTES),
        ):
            (git_dir / name).parent.mkdir(parents=True, exist_ok=True)
            (git_dir / name).write_text(content)
        if (mirror / "shallow").exists():
            shutil.copyfile(mirror / "shallow", git_dir / "shallow")


def _complete(folder: Path) -> bool:
    return (folder / "tree").is_dir() and (folder / "git" / "index").exists()


def _share_objects(git_dir: Path, successor: Path) -> None:
    """Let a successor's git directory have the run's objects. Objects never change, so any number may write them."""
    if not (successor / "objects").exists():
        successor.mkdir(parents=True, exist_ok=True)
        (successor / "objects").symlink_to(git_dir / "objects")


def _check_local(path: Path) -> None:
    """Say plainly what is wrong with a path before git does, and not in its words."""
    if not path.exists():
        raise RepositoryRefused(f"there is nothing at {path}", "check the path")
    if (path / ".git").exists() or (path / "HEAD").is_file():
        return
    above = next((parent for parent in path.parents if (parent / ".git").exists()), None)
    advice = f"name {above}, the repository it is in" if above else "name a git repository, or make one with git init"
    raise RepositoryRefused(f"{path} is not a git repository", advice)


def _choice(wanted: str, heads: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(wanted, heads, n=3, cutoff=0.5) if wanted else sorted(heads)[:3]
    return (
        f"did you mean {' or '.join(near)}?"
        if near and wanted
        else f"choose one, such as {', '.join(sorted(heads)[:3])}"
    )
