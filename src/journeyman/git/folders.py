"""The folders of runs, each one process's alone as long as it is at work there."""

from __future__ import annotations

import fcntl
import os
import re
from itertools import count
from pathlib import Path

_RUN_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


class RunFolders:
    """Folders below `home/runs`.

    A run has one folder. Only if a process that was taken for dead still lives, and may go on any moment to write
    there, its successor has one of its own beside it.
    """

    def __init__(self, home: Path) -> None:
        self._runs = home / "runs"
        self._held: dict[str, tuple[Path, int]] = {}

    def of(self, run_id: str) -> Path:
        """Return the run's folder, to look at."""
        if not _RUN_ID.match(run_id):
            raise ValueError(f"not an id of a run: {run_id!r}")
        return self._runs / run_id

    def own(self, run_id: str) -> Path:
        """Return the folder of the run that is this process's alone until it leaves."""
        if run_id not in self._held:
            self._held[run_id] = _first_free(self.of(run_id))
        return self._held[run_id][0]

    def abandoned(self, prefix: str) -> tuple[str, ...]:
        """Return the names beginning so whose folders no process holds."""
        names = (folder.name for folder in self._runs.glob(f"{prefix}*"))
        return tuple(name for name in names if name not in self._held and _is_free(self._runs / name))

    def leave(self, run_id: str) -> None:
        """Let other processes have the run's folder."""
        held = self._held.pop(run_id, None)
        if held is not None:
            os.close(held[1])

    def leave_all(self) -> None:
        """Let other processes have every folder."""
        for run_id in tuple(self._held):
            self.leave(run_id)


def _is_free(folder: Path) -> bool:
    try:
        with (folder / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _first_free(folder: Path) -> tuple[Path, int]:
    for number in count(1):
        tried = folder if number == 1 else folder.with_name(f"{folder.name}.{number}")
        tried.mkdir(parents=True, exist_ok=True)
        handle = os.open(tried / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        return tried, handle
    raise AssertionError("unreachable")
