"""Child processes, timed and weighed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]


class NotMeasured(Exception):
    """A program that was to be measured failed. The message holds the end of what it said."""


@dataclass(frozen=True)
class Ended:
    """How a child ended. `began` is by the monotonic clock; `megabytes` is the peak of its largest process.

    `cpu` is the processor time, in seconds, of it and of those it waited for.
    """

    code: int
    began: float
    seconds: float
    megabytes: float
    said: str
    cpu: float


def run(words: Sequence[str], *, variables: Mapping[str, str] | None = None, folder: Path | None = None) -> Ended:
    """Run a program to its end."""
    log = os.memfd_create("output")
    try:
        began = time.monotonic()
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables, cwd=folder)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        said = os.pread(log, 1_000_000, 0).decode(errors="replace")
    finally:
        os.close(log)
    return Ended(child.returncode, began, seconds, used.ru_maxrss / 1024, said, used.ru_utime + used.ru_stime)


def must(words: Sequence[str], *, variables: Mapping[str, str] | None = None, folder: Path | None = None) -> Ended:
    """Run a program that may not fail."""
    ended = run(words, variables=variables, folder=folder)
    if ended.code != 0:
        raise NotMeasured(f"{' '.join(words)} ended with {ended.code}:\n{ended.said[-3000:]}")
    return ended


def wall(words: Sequence[str], times: int) -> float:
    """Return the median wall time of a program in seconds, the first run not counted."""
    must(words)
    return median(must(words).seconds for _ in range(times))


def journeyman(*words: str) -> list[str]:
    """Return the command line of Journeyman in this checkout."""
    return [sys.executable, "-m", "journeyman", *words]


def surroundings(home: Path, **more: str) -> dict[str, str]:
    """Return an environment with a home of its own and nothing else of this process's."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(home), **more}


def house(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a Journeyman of this checkout, with a home of its own."""
    return surroundings(home, JOURNEYMAN_HOME=str(home), PYTHONPATH=str(ROOT / "src"), **more)
