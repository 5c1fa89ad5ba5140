"""What an ecosystem wants to have installed, as a value."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from journeyman.sandbox.contract import Mount

CACHE = "/env/cache"
"""Where the package clients keep their downloads, shared by all environments of one repository and by no other's."""

LARGEST_MANIFEST = 8 * 1024**2
PRIVATE_FOLDERS = {".git", "node_modules", ".venv", "venv", "target", "vendor", "__pycache__", "dist", "build"}


class Step(msgspec.Struct, frozen=True):
    """One command of an install. When one that is not `required` fails, `otherwise` becomes a note; so it does when
    the commands that stand `instead` of it have to be run, which are required."""

    command: str
    required: bool = True
    otherwise: str = ""
    instead: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """How to make an environment, and how it is used afterwards.

    `target` is where its folder is shown, writable during the install only. `tools` are shown all the time.
    `overlays` are folders of the environment (relative) shown at places of the tree afterwards, and
    during the install too where that happens `in_place`. `inputs` are the
    files that the environment follows from, with their digests.
    """

    ecosystem: str
    target: str = ""
    steps: tuple[Step, ...] = ()
    tools: tuple[Mount, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    variables: Mapping[str, str] = {}
    install_variables: Mapping[str, str] = {}
    path: tuple[str, ...] = ()
    overlays: tuple[tuple[str, str], ...] = ()
    in_place: bool = False
    notes: tuple[str, ...] = ()

    def key(self) -> str:
        """Return the name of the environment: the same inputs and the same way of making it, the same name."""
        parts = (self.ecosystem, self.steps, self.inputs, [str(tool.source) for tool in self.tools])
        return hashlib.sha256(msgspec.json.encode((parts, self.variables))).hexdigest()[:24]


def digests(tree: Path, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return those of the files that are there, with the hash of their content."""
    contents = ((name, read(tree, name)) for name in sorted(set(names)))
    return tuple((name, hashlib.sha256(content).hexdigest()) for name, content in contents if content is not None)


def read(tree: Path, name: str) -> bytes | None:
    """Return a file of the tree; None if it is none. Links are not followed, at any level."""
    handle = os.open(tree, os.O_RDONLY | os.O_DIRECTORY)
    try:
        *folders, last = Path(name).parts
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = inner
        descriptor = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=handle)
        with open(descriptor, "rb") as file:
            return file.read(LARGEST_MANIFEST)
    except OSError:
        return None
    finally:
        os.close(handle)


def text(tree: Path, name: str) -> str:
    """Return a file of the tree as text; "" if there is none."""
    return (read(tree, name) or b"").decode(errors="replace")


def walk(tree: Path, most: int = 20_000) -> Iterator[str]:
    """Yield the relative paths of the tree's files, without installed or generated folders, at most so many."""
    seen = 0
    for folder, folders, files in os.walk(tree):
        folders[:] = sorted(name for name in folders if name not in PRIVATE_FOLDERS)
        for name in sorted(files):
            seen += 1
            if seen > most:
                return
            yield os.path.relpath(os.path.join(folder, name), tree)
