"""Who holds a lease: a process by marks that no later process has, and whether it still lives."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class Holder(msgspec.Struct, frozen=True):
    """A process. The number of a process means something inside one boot and one namespace of numbers only: two
    containers of one machine may both have a process 17. `started` is in clock ticks since boot; `mark` tells two
    journals of one process apart."""

    boot: str
    namespace: str
    pid: int
    started: int
    mark: str = ""


def this_process(mark: str = "") -> Holder:
    """Return the marks of the running process."""
    pid = os.getpid()
    return Holder(_boot(), _namespace(), pid, _started(pid) or 0, mark)


def life_of(holder: Holder) -> bool | None:
    """Return whether a process lives; None if that cannot be told from here."""
    if (holder.boot, holder.namespace) != (_boot(), _namespace()):
        return None
    return _started(holder.pid) == holder.started


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _namespace() -> str:
    return os.readlink("/proc/self/ns/pid")


def _started(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name of the program, in parentheses, may hold anything; the state is the first field behind it.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])
