"""Writes a change into a person's own files: all of it or nothing, and only where nobody changed anything meanwhile.

Every folder on the way is opened without following links, so nothing outside of the checkout can be reached.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

from journeyman.domain.errors import NotWritten

PLAIN, PROGRAM = b"100644", b"100755"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Content(msgspec.Struct, frozen=True):
    """A file as git sees it: its mode and its bytes."""

    mode: bytes
    text: bytes


class Rewrite(msgspec.Struct, frozen=True):
    """What a file was and what it becomes; None where there is none."""

    path: bytes
    before: Content | None
    after: Content | None


def write_all(root: Path, rewrites: Sequence[Rewrite]) -> None:
    """Make all rewrites below a folder. NotWritten, and nothing is changed, if one of them cannot be made."""
    with _folder(root) as top:
        _check(top, rewrites)
        done: list[Rewrite] = []
        try:
            for rewrite in rewrites:
                _put(top, rewrite.path, rewrite.after)
                done.append(rewrite)
        except OSError as error:
            for rewrite in reversed(done):
                with suppress(OSError):
                    _put(top, rewrite.path, rewrite.before)
            name = os.fsdecode(rewrites[len(done)].path)
            raise NotWritten(f"{name} cannot be written: {error.strerror}", "see who may write there") from error


def _check(top: int, rewrites: Sequence[Rewrite]) -> None:
    """Raise NotWritten unless every file is as it was, and is a file."""
    changed: list[str] = []
    for rewrite in rewrites:
        odd = {each.mode for each in (rewrite.before, rewrite.after) if each} - {PLAIN, PROGRAM}
        if odd or _current(top, rewrite.path) != rewrite.before:
            changed.append(os.fsdecode(rewrite.path))
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise NotWritten(f"{', '.join(changed[:3])}{more} changed while the work went on", "run it again")


def _current(top: int, path: bytes) -> Content | str | None:
    """Return a file as it stands, None if there is none; words if something else is there."""
    try:
        with _parent(top, path) as (folder, name):
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.strerror
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        return "no file"
    with open(handle, "rb") as file:
        return Content(PROGRAM if mode & stat.S_IXUSR else PLAIN, file.read())


def _put(top: int, path: bytes, content: Content | None) -> None:
    """Make a file be so, in one step; its owner and its permissions stay, but for what git records of them."""
    with _parent(top, path, make=content is not None) as (folder, name):
        if content is None:
            os.unlink(name, dir_fd=folder)
            return
        fresh = b".%s.journeyman-%d" % (name[:100], os.getpid())
        try:
            with open(os.open(fresh, _NEW, 0o600, dir_fd=folder), "wb") as file:
                file.write(content.text)
                _like(file.fileno(), folder, name, content.mode)
            os.replace(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with suppress(FileNotFoundError):
                os.unlink(fresh, dir_fd=folder)
            raise


def _like(handle: int, folder: int, name: bytes, mode: bytes) -> None:
    """Give a fresh file the owner and permissions of the one in whose place it goes, else those of a new one."""
    try:
        model = os.stat(name, dir_fd=folder, follow_symlinks=False)
        bits = stat.S_IMODE(model.st_mode)
    except FileNotFoundError:
        model = os.fstat(folder)
        bits = 0o666 & ~_umask()
    bits &= ~0o111 if mode == PLAIN else ~0
    # Whoever may read a program may run it.
    os.fchmod(handle, bits | ((bits & 0o444) >> 2 if mode == PROGRAM and not bits & 0o100 else 0))
    if (model.st_uid, model.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError):
            os.fchown(handle, model.st_uid, model.st_gid)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextmanager
def _folder(place: Path) -> Iterator[int]:
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _parent(top: int, path: bytes, *, make: bool = False) -> Iterator[tuple[int, bytes]]:
    """Yield the folder that a file is in, and the file's name there; `make` makes missing folders."""
    *folders, name = path.split(b"/")
    with ExitStack() as closing:
        here = top
        for each in folders:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(each, dir_fd=here)
            here = os.open(each, _FOLDER, dir_fd=here)
            closing.callback(os.close, here)
        yield here, name
