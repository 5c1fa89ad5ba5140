"""Which Python runs the server inside a sandbox."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import msgspec

OLDEST = (3, 9)
SYSTEM = Path("/usr/bin/python3")


class Interpreter(msgspec.Struct, frozen=True):
    """A Python: its program, its version, and the folder to be shown for it; None if that is below /usr anyway."""

    program: str
    version: tuple[int, int]
    tree: Path | None = None


def for_server() -> Interpreter:
    """Return the system's Python if it can run the server, else the one that runs us."""
    return system_python() or own_python()


def system_python() -> Interpreter | None:
    """Return the system's Python if it is new enough and whole (a minimal package lacks ctypes)."""
    program = os.path.realpath(SYSTEM)
    found = re.fullmatch(r"/usr/bin/python(\d+)\.(\d+)", program)
    if found is None or not os.path.exists(program):
        return None
    version = int(found[1]), int(found[2])
    library = Path(f"/usr/lib/python{found[1]}.{found[2]}")
    whole = any((folder / "ctypes/__init__.py").exists() for folder in (library, Path("/usr/lib64") / library.name))
    return Interpreter(program, version) if version >= OLDEST and whole else None


def own_python() -> Interpreter:
    """Return the Python that runs us, with its own folder (`sys.base_prefix`)."""
    version = sys.version_info[:2]
    tree = Path(sys.base_prefix).resolve()
    program = tree / "bin" / f"python{version[0]}.{version[1]}"
    below_usr = tree == Path("/usr") or Path("/usr") in tree.parents
    return Interpreter(str(program), version, None if below_usr else tree)
