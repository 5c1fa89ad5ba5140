"""Reads the files of a tree that nobody vouches for: below directory handles, following no link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LARGEST = 64_000_000
"""Bytes of a file beyond which only its name is known."""

HEAD = 8000
"""Bytes of a file among which a zero tells that it is no text."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

SKIPPED = frozenset(
    b".git .hg .svn node_modules __pycache__ .venv venv .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis target"
    b" .next".split()
)
"""Folders that are not looked into where git does not tell what belongs to a tree."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


Mark = tuple[int, int, int, int]
"""What changes when a file does: size in bytes, times of content and state in nanoseconds, its number on the disk."""


class Unreadable(Exception):
    """A path that has no content to index; the message tells why."""


class Gone(Unreadable):
    """Nothing is there any more."""


class Binary(Unreadable):
    """What is there is no text."""


class Tree:
    """The files below a root. Handles are kept for the folders on the way to the last file only."""

    def __init__(self, root: Path) -> None:
        self._opened: list[tuple[bytes, int]] = [(b"", os.open(root, _FOLDER & ~os.O_NOFOLLOW))]

    def close(self) -> None:
        """Close the handles."""
        while self._opened:
            os.close(self._opened.pop()[1])

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def mark(self, path: bytes) -> Mark:
        """Return a file's mark. Unreadable if it is no ordinary file."""
        folder, _, name = path.rpartition(b"/")
        try:
            found = os.stat(name, dir_fd=self._folder(folder), follow_symlinks=False)
        except FileNotFoundError:
            raise Gone from None
        except OSError as error:
            raise Unreadable(os.strerror(error.errno or 0)) from None
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable(_described(found.st_mode))
        return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino

    def read(self, path: bytes) -> bytes:
        """Return a file's content. Unreadable if it cannot be read or is too large, Binary if it is no text."""
        folder, _, name = path.rpartition(b"/")
        handle = -1
        try:
            handle = os.open(name, _FILE, dir_fd=self._folder(folder))
            return _content(handle)
        except OSError as error:
            raise Unreadable(os.strerror(error.errno or 0)) from None
        finally:
            if handle >= 0:
                os.close(handle)

    def _folder(self, folder: bytes) -> int:
        """Return a handle of a folder, opened step by step from the root."""
        opened = self._opened
        while len(opened) > 1 and not (folder == opened[-1][0] or folder.startswith(opened[-1][0] + b"/")):
            os.close(opened.pop()[1])
        reached, handle = opened[-1]
        rest = folder[len(reached) :].strip(b"/")
        for part in rest.split(b"/") if rest else ():
            handle = os.open(part, _FOLDER, dir_fd=handle)
            reached = reached + b"/" + part if reached else part
            opened.append((reached, handle))
        return handle

    def walk(self) -> Iterator[bytes]:
        """Yield the paths of all files, without folders that hold what was made or fetched."""
        waiting = [b""]
        while waiting:
            folder = waiting.pop()
            before = folder + b"/" if folder else b""
            with suppress(OSError):
                for entry in sorted(os.scandir(self._folder(folder)), key=lambda each: each.name):
                    name = os.fsencode(entry.name)
                    if not entry.is_dir(follow_symlinks=False):
                        yield before + name
                    elif name not in SKIPPED:
                        waiting.append(before + name)


def _content(handle: int) -> bytes:
    """Return what an open file holds. Of what is no text the beginning is read only."""
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable(_described(found.st_mode))
    if found.st_size > LARGEST:
        raise Unreadable(f"larger than {LARGEST // 1_000_000} MB")
    content = os.read(handle, HEAD)
    if b"\0" in content and content[:2] not in _UTF_16:
        raise Binary("binary")
    if len(content) < HEAD:
        return content
    pieces = [content]
    left = LARGEST - HEAD
    while left > 0 and (piece := os.read(handle, min(left, max(found.st_size, HEAD)))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _described(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a link"
    return "a folder of its own repository" if stat.S_ISDIR(mode) else "no ordinary file"
