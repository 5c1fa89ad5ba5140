"""Limits on memory and processes by control groups: version 2 where offered, else version 1."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Protocol

import msgspec

from journeyman.sandbox.contract import SandboxLimits

PREFIX = "journeyman"
PERIOD = 100_000
"""Microseconds in which a share of processor time is counted."""
_numbers = itertools.count(1)


class ControlGroup(msgspec.Struct, frozen=True):
    """The folders of one sandbox's group: one under version 2, one per controller under version 1.

    `oom_file` holds a line `oom_kill N`. `limits`: whether the group holds memory and processes; else resource limits
    have to. A group that another program made has no folders of ours.
    """

    folders: tuple[Path, ...] = ()
    oom_file: Path | None = None
    limits: bool = True

    def oom_kills(self) -> int:
        """Return how many processes of the group were killed for want of memory."""
        try:
            lines = [line.split() for line in self.oom_file.read_text().splitlines()] if self.oom_file else []
        except OSError:
            return 0
        return sum(int(words[1]) for words in lines if words[0] == "oom_kill")

    def remove(self) -> None:
        """Take the group away; its processes have just ended, which the kernel may notice a little later."""
        for folder in self.folders:
            for _ in range(50):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.002)
                else:
                    break


class Hierarchy(Protocol):
    """A way to make control groups that works on this machine. `name` is for people."""

    name: ClassVar[str]

    def make(self, limits: SandboxLimits) -> ControlGroup:
        """Make a group. OSError if that is not allowed."""
        ...


class Unified(msgspec.Struct, frozen=True):
    """Version 2: groups below a folder whose controllers are handed down."""

    name: ClassVar[str] = "control groups of version 2"
    parent: Path

    def make(self, limits: SandboxLimits) -> ControlGroup:
        """Make one folder with all limits."""
        folder = new_folder(self.parent)
        write(folder / "memory.max", limits.memory)
        write(folder / "memory.swap.max", 0)
        write(folder / "pids.max", limits.processes)
        if limits.cpus:
            write(folder / "cpu.max", f"{int(limits.cpus * PERIOD)} {PERIOD}")
        return ControlGroup((folder,), folder / "memory.events")


class Separate(msgspec.Struct, frozen=True):
    """Version 1: a folder per controller; that of processor time where there is one."""

    name: ClassVar[str] = "control groups of version 1"
    memory: Path
    processes: Path
    cpu: Path | None = None

    def make(self, limits: SandboxLimits) -> ControlGroup:
        """Make a folder under each controller."""
        memory, processes = new_folder(self.memory), new_folder(self.processes)
        write(memory / "memory.limit_in_bytes", limits.memory)
        write(memory / "memory.memsw.limit_in_bytes", limits.memory)
        write(processes / "pids.max", limits.processes)
        folders = [memory, processes]
        if limits.cpus and self.cpu is not None:
            folders.append(new_folder(self.cpu))
            write(folders[-1] / "cpu.cfs_period_us", PERIOD)
            write(folders[-1] / "cpu.cfs_quota_us", int(limits.cpus * PERIOD))
        return ControlGroup(tuple(folders), memory / "memory.oom_control")


class Absent(msgspec.Struct, frozen=True):
    """Neither: what is left are the resource limits that the sandbox sets anyway."""

    name: ClassVar[str] = "resource limits of each process only, as this user may make no control groups"

    def make(self, limits: SandboxLimits) -> ControlGroup:
        """Make nothing."""
        return ControlGroup(limits=False)


def find(root: Path = Path("/")) -> Hierarchy:
    """Return the best way that this process may use. `root` is where proc and sys are looked for."""
    mounts = dict(mount_points(root))
    own = dict(own_groups(root))
    if "" in mounts and "" in own:
        for parent in upwards(mounts[""], own[""]):
            if hands_down(parent) and may_make(parent):
                return Unified(parent)
    if {"memory", "pids"} <= mounts.keys():
        memory, processes = (below(mounts[name], own.get(name, "/")) for name in ("memory", "pids"))
        if may_make(memory) and may_make(processes):
            cpu = below(mounts["cpu"], own.get("cpu", "/")) if "cpu" in mounts else None
            return Separate(memory, processes, cpu if cpu is not None and may_make(cpu) else None)
    return Absent()


def group_of(process: int, root: Path = Path("/")) -> ControlGroup:
    """Return the group, which another program made, of a process; it has no file if it cannot be seen."""
    mounts, groups = dict(mount_points(root)), dict(own_groups(root, str(process)))
    for name, file in (("memory", "memory.oom_control"), ("", "memory.events")):
        if name in mounts and name in groups:
            place = mounts[name] / groups[name].lstrip("/") / file
            if place.is_file():
                return ControlGroup(oom_file=place)
    return ControlGroup()


def mount_points(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield each controller and where it is mounted; version 2 is named by the empty string."""
    for line in (root / "proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        place = root / before.split()[4].lstrip("/")
        if kind == "cgroup2":
            yield "", place
        elif kind == "cgroup":
            yield from ((option, place) for option in options.split(",") if option in ("memory", "pids", "cpu"))


def own_groups(root: Path, process: str = "self") -> Iterator[tuple[str, str]]:
    """Yield each controller and a process's group in it."""
    for line in (root / "proc" / process / "cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        yield from ((name, path) for name in names.split(","))


def below(mount: Path, group: str) -> Path:
    """Return a group's folder; in a container the path may be the host's, then the mount point is the group."""
    folder = mount / group.lstrip("/")
    return folder if folder.is_dir() else mount


def upwards(mount: Path, group: str) -> Iterator[Path]:
    """Yield a group's folder and those above it, up to the mount point."""
    folder = below(mount, group)
    yield folder
    while folder != mount:
        folder = folder.parent
        yield folder


def hands_down(folder: Path) -> bool:
    """Whether groups made in the folder can limit both memory and processes."""
    try:
        return {"memory", "pids"} <= set((folder / "cgroup.subtree_control").read_text().split())
    except OSError:
        return False


def may_make(folder: Path) -> bool:
    """Whether this process may make groups in the folder and move itself there."""
    return os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK)


def new_folder(parent: Path) -> Path:
    """Make a group's folder, and take away those that dead processes have left."""
    for stale in parent.glob(f"{PREFIX}-*-*"):
        if not Path("/proc", stale.name.split("-")[1]).exists():
            with contextlib.suppress(OSError):
                stale.rmdir()
    folder = parent / f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
    folder.mkdir(exist_ok=True)
    return folder


def write(file: Path, value: int | str) -> None:
    """Write a limit where the kernel has it."""
    if file.exists():
        file.write_text(str(value))
