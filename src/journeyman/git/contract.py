"""Clone, branch, snapshot, commit, push: a repository as values, its true git directory out of reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from journeyman.domain.changes import Change
from journeyman.domain.request import Repository


class Head(msgspec.Struct, frozen=True):
    """A branch of a remote and the commit it stands at."""

    branch: str
    commit: str


class Author(msgspec.Struct, frozen=True):
    """Who a commit is by."""

    name: str = "Journeyman"
    email: str = "journeyman@localhost"


class Workspace(Protocol):
    """A run's work tree. A tree is named by its git tree hash.

    The tree contains nothing of git's own: the git directory lies elsewhere. Under root, the tree belongs to
    the sandbox's ordinary user.
    """

    tree: Path
    base: Head
    git_dir: Path
    """Where git's own files are: only to read the past from."""

    async def snapshot(self) -> str:
        """Record the tree as it stands under a hidden ref and return its hash. Ignored files are left out."""
        ...

    async def restore(self, tree_hash: str) -> None:
        """Make the work tree equal to a snapshot; ignored files stay."""
        ...

    async def base_tree(self) -> str:
        """Return the hash of the base commit's tree."""
        ...

    async def change(self, before: str, after: str) -> Change:
        """Return the change between two trees."""
        ...

    async def read(self, tree_hash: str, path: str) -> bytes | None:
        """Return a file of a tree; None if it is not there."""
        ...

    async def files(self, tree_hash: str) -> tuple[str, ...]:
        """Return the paths of all files of a tree."""
        ...

    async def origin(self) -> str:
        """Return what all clones of the repository have in common: its first commit."""
        ...

    async def pack(self, tree_hash: str, known: Sequence[str]) -> bytes:
        """Return what another machine needs to have a tree, besides the known ones: a thin pack of git's."""
        ...

    async def take_in(self, packs: Sequence[bytes]) -> None:
        """Take in packs from another machine, in the order in which they were made."""
        ...

    async def missing(self, trees: Sequence[str]) -> tuple[str, ...]:
        """Return those of the trees that this machine does not have."""
        ...

    async def commit(self, tree_hash: str, message: str, author: Author, at: datetime) -> str:
        """Make the one commit on top of the base and return its hash: the same input, the same hash."""
        ...

    async def push(self, commit: str, branch: str) -> None:
        """Make `branch` of the remote stand at the commit. Doing it again changes nothing.

        BranchTaken if the branch is there and is not this run's own; never forced.
        """
        ...


class Repositories(Protocol):
    """Knows how to reach remotes. Credentials never enter an argument list, the environment or a config file
    of the repository."""

    async def probe(self, repository: Repository) -> Head:
        """Return the base branch and its commit, within seconds.

        RepositoryRefused: not a repository, empty, unknown branch, wrong credentials, refused address (with the
        right way named). RemoteOutage: not reachable.
        """
        ...

    async def branches(self, repository: Repository) -> Mapping[str, str]:
        """Return the remote's branches by name, each with its commit."""
        ...

    async def prepare(self, run_id: str, repository: Repository, base: Head) -> Workspace:
        """Make the run's work tree at the base commit, by way of a cached bare mirror. Doing it again gives the
        same workspace without touching the tree."""
        ...

    async def reopen(self, run_id: str, repository: Repository, base: Head) -> Workspace:
        """Return the workspace of a run as it stands; rebuilt at the base if this machine does not have it."""
        ...

    async def glance(self, run_id: str, repository: Repository, base: Head) -> Workspace:
        """Return the workspace of a run to look at its trees only: the work tree may be another process's."""
        ...

    def leave(self, run_id: str | None = None) -> None:
        """Let other processes have the folder of a run that this one worked in, or of all of them."""
        ...

    async def adopt(self, spare: str, run_id: str) -> bool:
        """Make the untouched workspace that was prepared under the name `spare` that of a run; False if either has
        none or one already."""
        ...

    async def remove(self, run_id: str) -> None:
        """Remove a workspace with all that belongs to it."""
        ...

    async def remove_abandoned(self, prefix: str) -> None:
        """Remove the workspaces whose names begin so and that no process works in."""
        ...

    async def discard(self, run_id: str) -> None:
        """Remove the run's tree, for a fresh clone. The snapshots stay."""
        ...


class Checkout(Protocol):
    """A person's own checkout, and a copy of it in which everything happens.

    `root` is the project's folder; `workspace` the copy, whose base is the checkout as it was found, uncommitted and
    untracked files included, ignored ones left out. Nothing of git's own is in the copy.
    """

    root: Path
    workspace: Workspace

    async def patch(self, tree_hash: str) -> bytes:
        """Return what leads from the checkout to a tree of the copy, as `git apply` takes it."""
        ...

    async def write_back(self, tree_hash: str) -> tuple[str, ...]:
        """Write what a tree of the copy changed into the person's files and return their paths. Index, stashes and
        git directory stay as they are.

        NotWritten, and nothing is changed, if one of the files is not as it was found.
        """
        ...

    async def offer(self, tree_hash: str) -> Repository:
        """Return a repository on this machine whose only branch is a tree of the copy, for a run of its own. It
        stays there after `close`."""
        ...

    async def tree_of(self, commit: str) -> str:
        """Return the tree of a commit that somebody pushed to the offered repository."""
        ...

    async def close(self) -> None:
        """Remove the copy."""
        ...


class Checkouts(Protocol):
    """Knows how to read the checkouts of people."""

    async def copy(self, place: Path) -> Checkout:
        """Copy the project at a place: a folder with a manifest of its own, the repository around it, or a folder
        without git. RepositoryRefused: nothing there, no files, a bare repository, more than may be copied."""
        ...
