"""A run's work tree as a value: snapshot, restore, compare, commit, push.

The tree is written by whoever the run lets in, so nothing in it is believed: no `.git`, attribute, filter, hook or
link in it has an effect on this side. Attributes are overruled by the git directory's own `info/attributes`, which
makes a snapshot byte for byte what is in the tree.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from journeyman.domain.changes import Change
from journeyman.git.ahead import Ahead
from journeyman.git.changes import GITLINK, assemble, read_change, text
from journeyman.git.contract import Author, Head
from journeyman.git.packs import Packs
from journeyman.git.program import Git
from journeyman.git.remotes import Remote

ATTRIBUTES = "* -text !eol !crlf -ident -filter !working-tree-encoding !diff !merge !whitespace\n"
DIFF = ("diff-tree", "-r", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none", "-M", "-l1000")

FRESH_SECONDS = 10

Owner = tuple[int, int]


class GitWorkspace:
    """A work tree and, elsewhere, its git directory. Files that git writes are given to `owner`."""

    def __init__(
        self, git: Git, git_dir: Path, tree: Path, base: Head, remote: Remote, run_id: str, owner: Owner | None
    ) -> None:
        self.tree = tree
        self.base = base
        self._git = git
        self.git_dir = self._git_dir = git_dir
        self._packs = Packs(git, git_dir)
        self._remote = remote
        self._refs = git_dir / "refs" / "journeyman" / run_id
        self._owner = owner
        self._busy = asyncio.Lock()
        self._latest: str | None = None
        self._base_tree = ""
        self._number = 0
        self._ahead = Ahead(git, git_dir, tree, len(base.commit) // 2)
        self._gitlinks: frozenset[bytes] | None = None

    async def snapshot(self) -> str:
        """Record the tree as it stands under a hidden ref and return its hash. Ignored files are left out."""
        async with self._busy:
            listed = await self._listed("--modified", "--others", "--exclude-standard")
            tree = await self._ahead.tree(listed) or await self._by_index(listed)
            if tree != self._latest:
                self._refer(tree)
            self._latest = tree
            return tree

    async def restore(self, tree_hash: str) -> None:
        """Make the work tree equal to a snapshot; ignored files stay."""
        async with self._busy:
            self._latest = None
            self._ahead.index_is("")
            await self._run("read-tree", "--reset", "-u", tree_hash)
            for path in await self._listed("--others", "--exclude-standard"):
                _remove(os.fsencode(self.tree), path.rstrip(b"/"))
            await self._give_away()
            self._ahead.index_is(tree_hash)

    async def base_tree(self) -> str:
        """Return the hash of the base commit's tree."""
        if not self._base_tree:
            asked = ("rev-parse", "--verify", f"{self.base.commit}^{{tree}}")
            self._base_tree = (await self._run(*asked)).decode().strip()
        return self._base_tree

    async def change(self, before: str, after: str) -> Change:
        """Return the change between two trees."""
        summary, diff = await asyncio.gather(
            self._run(*DIFF, "-z", "--raw", "--numstat", "--no-abbrev", before, after),
            self._run(*DIFF, "-p", "--full-index", before, after),
        )
        raw, lines = read_change(summary)
        blobs = {record.new_blob for record in raw if record.letter != "D" and record.new_mode != GITLINK}
        return assemble(raw, lines, await self._sizes(blobs), diff)

    async def read(self, tree_hash: str, path: str) -> bytes | None:
        """Return a file of a tree; None if it is not there."""
        if not path or "\0" in path or os.path.normpath(path) != path or path.startswith(("/", "..")):
            return None
        ran = await self._git.run(f"--git-dir={self._git_dir}", "cat-file", "blob", f"{tree_hash}:{path}")
        return ran.stdout if ran.exit_code == 0 else None

    async def files(self, tree_hash: str) -> tuple[str, ...]:
        """Return the paths of all files of a tree."""
        listing = await self._run("ls-tree", "-r", "-z", tree_hash)
        return tuple(text(path) for mode, path in _entries(listing) if mode != GITLINK)

    async def origin(self) -> str:
        """Return what all clones of the repository have in common: its first commit."""
        return min((await self._run("rev-list", "--max-parents=0", self.base.commit)).split(), default=b"").decode()

    async def pack(self, tree_hash: str, known: Sequence[str]) -> bytes:
        """Return what another machine needs to have a tree, besides the known ones: a thin pack of git's."""
        return await self._packs.pack(tree_hash, known)

    async def take_in(self, packs: Sequence[bytes]) -> None:
        """Take in packs from another machine, in the order in which they were made."""
        await self._packs.take_in(packs)

    async def missing(self, trees: Sequence[str]) -> tuple[str, ...]:
        """Return those of the trees that this machine does not have."""
        return await self._packs.missing(trees)

    async def commit(self, tree_hash: str, message: str, author: Author, at: datetime) -> str:
        """Make the one commit on top of the base and return its hash: the same input, the same hash."""
        when = f"{int(at.astimezone(UTC).timestamp())} +0000"
        variables = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", author.name), ("EMAIL", author.email), ("DATE", when))
        }
        output = await self._git.must(
            f"--git-dir={self._git_dir}", "commit-tree", tree_hash, "-p", self.base.commit, "-F", "-",
            stdin=message.strip().encode(errors="replace") + b"\n", variables=variables,
        )  # fmt: skip
        return output.decode().strip()

    async def push(self, commit: str, branch: str) -> None:
        """Make `branch` of the remote stand at the commit. Doing it again changes nothing.

        BranchTaken if the branch is there and is not this run's own; never forced.
        """
        await self._remote.push(self._git_dir, commit, branch)

    async def check_out_base(self, tree: Path) -> None:
        """Fill an empty folder with the base commit, to become the work tree."""
        await self._run("read-tree", "--reset", "-u", self.base.commit, tree=tree)
        # Git reads a file again as long as it is not older than the index; older ones make snapshots 3x faster.
        listed = await self._listed(tree=tree)
        await asyncio.to_thread(_settle, os.fsencode(tree), listed, self._owner)
        await self._run("update-index", "-q", "--refresh", tree=tree)

    async def _run(self, *arguments: str, stdin: bytes = b"", tree: Path | None = None) -> bytes:
        place = tree or self.tree
        return await self._git.must(
            f"--git-dir={self._git_dir}", f"--work-tree={place}", *arguments, cwd=place, stdin=stdin
        )

    async def _listed(self, *what: str, tree: Path | None = None) -> list[bytes]:
        listing = await self._run("ls-files", "-z", *what, tree=tree)
        return [path for path in listing.split(b"\0") if path]

    async def _by_index(self, listed: list[bytes]) -> str:
        """Bring the index up to the tree and return its hash."""
        self._ahead.index_is("")
        gone, there = await self._sorted_out(listed)
        if gone:
            await self._run("update-index", "--force-remove", "-z", "--stdin", stdin=b"\0".join(gone))
        if there:
            given = b"\0".join(there)
            await self._run("update-index", "--add", "--remove", "--replace", "-z", "--stdin", stdin=given)
        tree = (await self._run("write-tree")).decode().strip()
        self._ahead.index_is(tree)
        return tree

    async def _sorted_out(self, listed: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        """Tell what is gone from what can be recorded; submodules that are in place count as unchanged."""
        root = os.fsencode(self.tree)
        gone: list[bytes] = []
        there: list[bytes] = []
        known: dict[bytes, bool] = {}
        for path in dict.fromkeys(listed):
            if path.endswith(b"/"):
                there += await self._nested(path)
                continue
            found = _look(os.path.join(root, path)) if _is_real(root, os.path.dirname(path), known) else "nothing"
            if found == "file":
                there.append(path)
            elif found == "nothing" or path not in await self._submodules():
                gone.append(path)
        return gone, there

    async def _nested(self, folder: bytes) -> list[bytes]:
        """Return the files of a repository inside the tree: they are files like all others."""
        root = os.fsencode(self.tree)
        paths = [os.path.relpath(found, root) for found in _walk(os.path.join(root, folder))]
        if not paths:
            return []
        ran = await self._git.run(
            f"--git-dir={self._git_dir}", f"--work-tree={self.tree}", "check-ignore", "-z", "--stdin",
            cwd=self.tree, stdin=b"\0".join(paths),
        )  # fmt: skip
        ignored = set(ran.stdout.split(b"\0"))
        return [path for path in paths if path not in ignored]

    async def _submodules(self) -> frozenset[bytes]:
        if self._gitlinks is None:
            listing = await self._run("ls-tree", "-r", "-z", self.base.commit)
            self._gitlinks = frozenset(path for mode, path in _entries(listing) if mode == GITLINK)
        return self._gitlinks

    async def _sizes(self, blobs: set[bytes]) -> dict[bytes, int]:
        if not blobs:
            return {}
        asked = b"\n".join(sorted(blobs)) + b"\n"
        output = await self._run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked)
        return {name: int(size) for name, _, size in (line.partition(b" ") for line in output.splitlines())}

    def _refer(self, tree: str) -> None:
        """Keep a tree under the next hidden ref. Written as the file that it is: a process would cost 2 ms."""
        if not self._number:
            self._refs.mkdir(parents=True, exist_ok=True)
            self._number = max((int(name) for name in os.listdir(self._refs) if name.isdigit()), default=0)
        self._number += 1
        fresh = self._refs / f"{self._number}.lock"
        fresh.write_text(f"{tree}\n")
        fresh.rename(self._refs / str(self._number))

    async def _give_away(self) -> None:
        """Make what git wrote the owner's, then let the index know, for it remembers owners."""
        if self._owner is not None:
            root = os.fsencode(self.tree)
            if await asyncio.to_thread(_hand_over, root, await self._listed(), self._owner):
                await self._run("update-index", "-q", "--refresh")


def _entries(listing: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield mode and path of what `ls-tree -z` lists."""
    for entry in listing.split(b"\0"):
        if entry:
            facts, _, path = entry.partition(b"\t")
            yield facts.split(b" ", 1)[0], path


def _look(path: bytes) -> str:
    """Return what stands at a path: file (or link), folder, or nothing that a snapshot can hold."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return "nothing"
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISLNK(mode) or (stat.S_ISREG(mode) and os.access(path, os.R_OK)):
        return "file"
    return "nothing"


def _is_real(root: bytes, folder: bytes, known: dict[bytes, bool]) -> bool:
    """Return whether a folder is reached without a link. `known` remembers the answers."""
    if not folder:
        return True
    if folder not in known:
        above = _is_real(root, os.path.dirname(folder), known)
        full = os.path.join(root, folder)
        known[folder] = above and os.path.isdir(full) and not os.path.islink(full)
    return known[folder]


def _walk(folder: bytes) -> Iterator[bytes]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != b".git"]
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*files, *links):
            found = os.path.join(place, name)
            if name != b".git" and _look(found) == "file":
                yield found


def _remove(root: bytes, path: bytes) -> None:
    """Remove what a snapshot does not hold, and the folders that are empty then."""
    full = os.path.join(root, path)
    if _look(full) == "folder":
        shutil.rmtree(full, ignore_errors=True)
    else:
        os.unlink(full)
    parent = os.path.dirname(full)
    while parent != root:
        try:
            os.rmdir(parent)
        except OSError:
            return
        parent = os.path.dirname(parent)


def _hand_over(root: bytes, paths: Iterable[bytes], owner: Owner) -> bool:
    """Give files and the folders they are in to the owner, links themselves included; return whether any changed."""
    folders = {root}
    changed = False
    for path in paths:
        full = os.path.join(root, path)
        folder = os.path.dirname(full)
        while folder not in folders:
            folders.add(folder)
            folder = os.path.dirname(folder)
        changed |= _own(full, owner)
    for folder in folders:
        _own(folder, owner)
    return changed


def _settle(root: bytes, paths: Iterable[bytes], owner: Owner | None) -> None:
    """Make the files of a fresh tree look old, and give them and their folders to the owner."""
    past = time.time() - FRESH_SECONDS
    folders = {root}
    for path in paths:
        full = os.path.join(root, path)
        os.utime(full, (past, past), follow_symlinks=False)
        if owner is not None:
            os.lchown(full, *owner)
            folder = os.path.dirname(full)
            while folder not in folders:
                folders.add(folder)
                folder = os.path.dirname(folder)
    if owner is not None:
        for folder in folders:
            os.lchown(folder, *owner)


def _own(path: bytes, owner: Owner) -> bool:
    try:
        now = os.lstat(path)
    except FileNotFoundError:
        return False
    if (now.st_uid, now.st_gid) == owner:
        return False
    os.lchown(path, *owner)
    return True
