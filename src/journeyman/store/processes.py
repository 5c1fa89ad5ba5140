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
    return Holder(_boot(), _namespace(), pid, _look(pid)[1], mark)


def life_of(holder: Holder) -> bool | None:
    """Return whether a process lives; None if that cannot be told from here, or if it is stopped: it may never go on
    again, and it may go on any moment."""
    if (holder.boot, holder.namespace) != (_boot(), _namespace()):
        return None
    state, started = _look(holder.pid)
    if state in "ZX" or started != holder.started:
        return False
    return None if state in "Tt" else True


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _namespace() -> str:
    return os.readlink("/proc/self/ns/pid")


def _look(pid: int) -> tuple[str, int]:
    """Return a process's state as the kernel's letter, X if there is none, and when it started."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "X", 0
    # The name of the program, in parentheses, may hold anything; the state is the first field behind it.
    fields = stat.rpartition(")")[2].split()
    return fields[0], int(fields[19])
