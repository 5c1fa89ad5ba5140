"""Who may use the files that a sandbox works on: its user, all of them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from journeyman.sandbox.contract import SANDBOX_GID, SANDBOX_UID


def is_root() -> bool:
    """Whether we run as root and can become the sandbox's user (in a small user namespace there is none)."""
    if os.geteuid() != 0:
        return False
    spans = (line.split() for line in Path("/proc/self/uid_map").read_text().splitlines())
    return any(int(first) <= SANDBOX_UID < int(first) + int(count) for first, _, count in spans)


def hand_over(tree: Path) -> None:
    """Give a work tree to the sandbox's user, its top folder last; nothing is done when that is already so."""
    if tree.stat().st_uid != SANDBOX_UID:
        _give(tree)


def make_usable(tree: Path) -> None:
    """Let the sandbox's user read and write everything in a folder. Links are never followed; none is an answer."""
    if not tree.is_dir():
        return
    tree.chmod(stat.S_IMODE(tree.stat().st_mode) | stat.S_IRWXU)
    for _, folders, files, handle in os.fwalk(tree):
        for name in folders:
            _allow(name, handle, stat.S_IRWXU)
        for name in files:
            _allow(name, handle, stat.S_IRUSR | stat.S_IWUSR)
    if is_root():
        _give(tree)


def _give(tree: Path) -> None:
    for _, folders, files, handle in os.fwalk(tree):
        for name in (*folders, *files):
            os.chown(name, SANDBOX_UID, SANDBOX_GID, dir_fd=handle, follow_symlinks=False)
    os.chown(tree, SANDBOX_UID, SANDBOX_GID)


def _allow(name: str, handle: int, wanted: int) -> None:
    mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode) or mode & wanted == wanted:
        return
    # Nothing runs in the tree now that could put a link in the file's place.
    os.chmod(name, stat.S_IMODE(mode) | wanted, dir_fd=handle)
