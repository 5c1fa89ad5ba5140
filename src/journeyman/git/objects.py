"""Writes blobs and trees by itself: a git process for each would cost more than all the rest of a snapshot.

What is written are git's own loose objects, so git reads them like those it wrote. Only plain files and links of
modest size come here; everything else is left to git.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

FOLDER = b"40000"
SPEED = 1
"""Of zlib, as git's own loose objects have it."""


class Entry(msgspec.Struct, frozen=True):
    """One name in a tree: mode as git writes it, and the raw digest."""

    mode: bytes
    digest: bytes


Tree = Mapping[bytes, Entry]


class Objects:
    """The objects of one git directory. `digest_size` is 20 or 32 bytes: sha1 or sha256."""

    def __init__(self, git_dir: Path, digest_size: int) -> None:
        self._folder = os.fsencode(git_dir / "objects")
        self._digest = hashlib.sha256 if digest_size == 32 else hashlib.sha1

    def write(self, kind: bytes, content: bytes) -> bytes:
        """Write an object unless it is there, and return its raw digest."""
        whole = b"%b %d\0%b" % (kind, len(content), content)
        digest = self._digest(whole).digest()
        name = digest.hex().encode()
        folder = os.path.join(self._folder, name[:2])
        path = os.path.join(folder, name[2:])
        if not os.path.exists(path):
            os.makedirs(folder, exist_ok=True)
            fresh = os.path.join(folder, b"tmp_obj_%d" % os.getpid())
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o444), "wb") as file:
                file.write(zlib.compress(whole, SPEED))
            os.rename(fresh, path)
        return digest

    def with_files(self, trees: Mapping[bytes, Tree], files: Mapping[bytes, Entry]) -> bytes:
        """Write the tree with these files changed or added, and return its digest.

        `trees` are the contents of every folder on the way to them, the root as b""; one that is missing is new.
        """
        changed: dict[bytes, dict[bytes, Entry]] = {b"": dict(trees.get(b"", {}))}
        for folder in folders_of(files):
            changed[folder] = dict(trees.get(folder, {}))
        for path, entry in files.items():
            folder, name = os.path.split(path)
            changed[folder][name] = entry
        for folder in sorted(changed, key=lambda path: -path.count(b"/")):
            if folder:
                above, name = os.path.split(folder)
                changed[above][name] = Entry(FOLDER, self.write(b"tree", encoded(changed[folder])))
        return self.write(b"tree", encoded(changed[b""]))


def folders_of(paths: Iterable[bytes]) -> set[bytes]:
    """Return all folders on the way to the paths, the root left out."""
    folders: set[bytes] = set()
    for path in paths:
        folder = os.path.dirname(path)
        while folder and folder not in folders:
            folders.add(folder)
            folder = os.path.dirname(folder)
    return folders


def encoded(tree: Tree) -> bytes:
    """Return a tree as git stores it: sorted as if the name of a folder ended with a slash."""
    names = sorted(tree, key=lambda name: name + b"/" if tree[name].mode == FOLDER else name)
    return b"".join(b"%b %b\0%b" % (tree[name].mode, name, tree[name].digest) for name in names)


def decoded(content: bytes, digest_size: int) -> Iterator[tuple[bytes, Entry]]:
    """Yield names and entries of a stored tree."""
    place = 0
    while place < len(content):
        end = content.index(b"\0", place)
        mode, _, name = content[place:end].partition(b" ")
        place = end + 1 + digest_size
        yield name, Entry(mode, content[end + 1 : place])


def read_plain(root: bytes, path: bytes, limit: int) -> tuple[bytes, bytes] | None:
    """Return mode and content of a file or link, never reached through a link; None if it is anything else.

    None also for a file longer than `limit` bytes.
    """
    opened = [os.open(root, os.O_PATH | os.O_DIRECTORY)]
    *folders, name = path.split(b"/")
    try:
        for folder in folders:
            flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW
            opened.append(os.open(folder, flags, dir_fd=opened[-1]))
        return _content(opened[-1], name, limit)
    except OSError:
        return None
    finally:
        for handle in opened:
            os.close(handle)


def _content(folder: int, name: bytes, limit: int) -> tuple[bytes, bytes] | None:
    if stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode):
        return b"120000", os.readlink(name, dir_fd=folder)
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with open(handle, "rb", buffering=0) as file:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > limit:
            return None
        content = file.read(limit + 1) or b""
    if len(content) != facts.st_size:
        return None
    return (b"100755" if facts.st_mode & stat.S_IXUSR else b"100644"), content
