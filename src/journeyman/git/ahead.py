"""Names the tree of a work tree that is a little ahead of git's index, without bringing the index up.

Bringing it up takes two git processes, and naming its tree a third: most of a snapshot's time. As long as few plain
files differ from the index, their blobs and the trees above them are written here. Whatever is unusual (a name that
git might refuse, a file that is gone, large or no file at all) is left to git, which brings the index up.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from journeyman.git.objects import FOLDER, Entry, Objects, Tree, decoded, folders_of, read_plain
from journeyman.git.program import Git

MOST_FILES = 32
MOST_BYTES = 256 * 1024
"""How far the index may fall behind. Git reads all those files again at each look, and so do we."""

PLAIN = re.compile(rb"(?i)(?!.*\.git)[A-Za-z0-9_+./-]+")
"""Paths that git takes on every system. Names near `.git` have meanings."""


class Ahead:
    """One work tree and the tree of its index, by what is known of both."""

    def __init__(self, git: Git, git_dir: Path, tree: Path, digest_size: int) -> None:
        self._git = git
        self._git_dir = git_dir
        self._root = os.fsencode(tree)
        self._digest_size = digest_size
        self._objects = Objects(git_dir, digest_size)
        self._index = ""
        self._mark: tuple[int, ...] = ()
        self._folders: dict[bytes, Tree] = {}

    def index_is(self, tree: str) -> None:
        """Take in that the index now holds this tree; "" if that is not known."""
        self._index = tree
        self._mark = self._mark_now() if tree else ()
        self._folders = {}

    async def tree(self, listed: list[bytes]) -> str | None:
        """Return the tree of the index with the files that differ from it; None if git has to do it."""
        if not self._index or len(listed) > MOST_FILES or self._mark != self._mark_now():
            return None
        if not listed:
            return self._index
        files = self._read(listed)
        if not files or not await self._know(folders_of(files)):
            return None
        entries = {path: Entry(mode, self._objects.write(b"blob", text)) for path, (mode, text) in files.items()}
        return self._objects.with_files(self._folders, entries).hex()

    def _mark_now(self) -> tuple[int, ...]:
        """Return what tells one state of the index file from another: someone else may have written it."""
        facts = os.stat(self._git_dir / "index")
        return facts.st_ino, facts.st_mtime_ns, facts.st_size

    def _read(self, listed: list[bytes]) -> dict[bytes, tuple[bytes, bytes]] | None:
        files: dict[bytes, tuple[bytes, bytes]] = {}
        left = MOST_BYTES
        for path in listed:
            found = read_plain(self._root, path, left) if PLAIN.fullmatch(path) else None
            if found is None:
                return None
            files[path] = found
            left -= len(found[1])
        return files

    async def _know(self, folders: set[bytes]) -> bool:
        """Read the folders of the index's tree; return whether all of them are folders there, or new."""
        asked = [folder for folder in (b"", *folders) if folder not in self._folders]
        if asked:
            await self._load(asked)
        return all(self._is_free(folder) for folder in folders)

    def _is_free(self, folder: bytes) -> bool:
        above, name = os.path.split(folder)
        entry = self._folders[above].get(name)
        return entry is None or entry.mode == FOLDER

    async def _load(self, folders: list[bytes]) -> None:
        tree = self._index.encode()
        output = await self._git.must(
            f"--git-dir={self._git_dir}", "cat-file", "--batch",
            stdin=b"".join(b"%b:%b\n" % (tree, folder) for folder in folders),
        )  # fmt: skip
        for folder in folders:
            head, _, output = output.partition(b"\n")
            _, kind, *size = head.rsplit(b" ", 2)
            content = output[: int(size[0])] if size and kind != b"missing" else b""
            output = output[len(content) + 1 :] if content else output
            self._folders[folder] = dict(decoded(content, self._digest_size)) if kind == b"tree" else {}
