"""The toolchains of this host that can be shown in a sandbox."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from journeyman.sandbox.contract import Mount
from journeyman.sandbox.interpreter import Interpreter, own_python, system_python

TOOLS = "/run/journeyman/bin"
"""Where single programs of ours are shown."""


class Toolchains(msgspec.Struct, frozen=True):
    """What there is, by absolute path. `programs` are single ones of ours (uv, ruff), shown below TOOLS."""

    pythons: tuple[Interpreter, ...]
    programs: tuple[tuple[str, Path], ...] = ()
    node: Path | None = None
    go: Path | None = None
    rust: Path | None = None

    def program(self, name: str) -> tuple[Mount, ...]:
        """Return what shows one of our own programs; nothing if we do not have it."""
        return tuple(Mount(path, f"{TOOLS}/{known}") for known, path in self.programs if known == name)


def find(home: Path, search_path: str) -> Toolchains:
    """Look around on this host."""
    return Toolchains(
        pythons=tuple(pythons(home)),
        programs=tuple((name, path) for name in ("uv", "ruff") if (path := own_program(name, search_path))),
        node=toolchain("node", search_path),
        go=toolchain("go", search_path),
        rust=rust_toolchain(home, search_path),
    )


def pythons(home: Path) -> Iterator[Interpreter]:
    """Yield the interpreters of this host: our own, the system's, then pyenv's and uv's, the newest first."""
    yield own_python()
    if system := system_python():
        yield system
    found = [
        Interpreter(str(program), (int(match[1]), int(match[2])), program.parent.parent)
        for folder in (home / ".pyenv/versions", home / ".local/share/uv/python")
        for program in folder.glob("*/bin/python3.*")
        if (match := re.fullmatch(r"python(\d+)\.(\d+)", program.name)) and not program.parent.parent.is_symlink()
    ]
    yield from sorted(found, key=lambda python: python.version, reverse=True)


def own_program(name: str, search_path: str) -> Path | None:
    """Return a program that came with us, or else the host's."""
    ours = Path(sys.prefix) / "bin" / name
    found = str(ours) if ours.is_file() else shutil.which(name, path=search_path)
    return Path(found).resolve() if found else None


def toolchain(name: str, search_path: str) -> Path | None:
    """Return the folder of the toolchain that a program belongs to: the one above its `bin`."""
    found = shutil.which(name, path=search_path)
    return Path(found).resolve().parent.parent if found else None


def rust_toolchain(home: Path, search_path: str) -> Path | None:
    """Return the folder with the true cargo, behind rustup's stand-ins; None if these are all there is."""
    stable = sorted((home / ".rustup/toolchains").glob("*/bin/cargo"), key=lambda path: "stable" not in str(path))
    if stable:
        return stable[0].parent.parent
    found = shutil.which("cargo", path=search_path)
    return None if found and Path(found).resolve().name == "rustup" else toolchain("cargo", search_path)


def shown(folder: Path | None) -> tuple[Mount, ...]:
    """Return what shows a toolchain where it is; nothing for one below /usr, which is shown anyway."""
    if folder is None or folder == Path("/usr") or Path("/usr") in folder.parents:
        return ()
    return (Mount(folder, str(folder)),)


def absent(ecosystem: str, evidence: str, program: str, packages: str) -> str:
    """Return the line about a program that a repository needs and this machine does not have."""
    return f"{ecosystem}: {evidence} is there, but no {program} on this machine: apt-get install {packages}"
