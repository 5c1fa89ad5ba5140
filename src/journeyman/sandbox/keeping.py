"""Finished environments on disk: remembered, locked while they are made, and thrown away when they are old or many.

Below the folder of all environments each repository has one of its own, so nothing that the code of one repository
has written, neither an environment nor a download, is ever shown to another: `<repository>/<ecosystem>/<key>/` and
`<repository>/cache/`. Beside each stand a lock and a note of its size; the note's time is that of the last use.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

DAY = 86_400.0
DOWNLOADS = "cache"


class Ready(msgspec.Struct, frozen=True):
    """What is remembered about a finished environment, or about a folder of downloads. `size` in bytes."""

    notes: tuple[str, ...] = ()
    overlays: tuple[tuple[str, str], ...] = ()
    size: int = 0


class Keep(msgspec.Struct, frozen=True):
    """How long an environment that nobody uses is kept, and how much disk all of them may take."""

    days: float = 30.0
    gigabytes: float = 20.0


def shelf(root: Path, repository: str) -> Path:
    """Return the folder of a repository's environments; "" is a repository like any other."""
    return root / hashlib.sha256(repository.rstrip("/").removesuffix(".git").encode()).hexdigest()[:16]


def remembered(folder: Path, now: float) -> Ready | None:
    """Return a finished environment's note and mark it as used; None if it is not there or not whole."""
    note = note_of(folder)
    try:
        ready = msgspec.json.decode(note.read_bytes(), type=Ready)
        os.utime(note, (now, now))
    except (OSError, msgspec.DecodeError):
        return None
    return ready


def remember(folder: Path, ready: Ready, now: float) -> None:
    """Write down that a folder is whole, and how big it is."""
    note = note_of(folder)
    note.write_bytes(msgspec.json.encode(msgspec.structs.replace(ready, size=size(folder))))
    os.utime(note, (now, now))


def clear(folder: Path) -> None:
    """Remove a folder and its note, the note first: what is half removed counts as nothing."""
    note_of(folder).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)


def note_of(folder: Path) -> Path:
    """Return where the note about a folder is."""
    return folder.with_name(f"{folder.name}.json")


def size(folder: Path) -> int:
    """Return the bytes of a folder's files; links count nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total


@contextlib.asynccontextmanager
async def locked(folder: Path, *, shared: bool = False) -> AsyncIterator[None]:
    """Hold a folder's lock between processes; waiting for it blocks nobody else here."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    descriptor = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.to_thread(fcntl.flock, descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def prune(root: Path, keep: Keep, now: float) -> tuple[Path, ...]:
    """Remove what nobody used for `keep.days`, then the longest unused while all take more than `keep.gigabytes`.

    What was used within a day stays: a run may still work with it. What is being made is locked, and stays too.
    Returns the folders that were removed.
    """
    used = sorted(notes(root), key=lambda entry: entry[1])
    total = sum(known for _, _, known in used)
    removed = []
    for folder, last, known in used:
        old = now - last > keep.days * DAY
        if now - last < DAY or not (old or total > keep.gigabytes * 1e9):
            continue
        if discarded(folder):
            total -= known
            removed.append(folder)
    return tuple(removed)


def notes(root: Path) -> Iterator[tuple[Path, float, int]]:
    """Yield every finished folder with the time of its last use and its size."""
    for note in (*root.glob("*/*/*.json"), *root.glob(f"*/{DOWNLOADS}.json")):
        with contextlib.suppress(OSError, msgspec.DecodeError):
            ready = msgspec.json.decode(note.read_bytes(), type=Ready)
            yield note.with_suffix(""), note.stat().st_mtime, ready.size


def discarded(folder: Path) -> bool:
    """Remove a folder unless somebody holds its lock or it cannot be removed; return whether it was."""
    descriptor = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        clear(folder)
    except OSError:  # BlockingIOError is one
        return False
    finally:
        os.close(descriptor)
    return True
