"""Child processes, timed and weighed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]

PARENT = """
import json, os, sys, time
told, words = int(sys.argv[1]), sys.argv[2:]
os.set_inheritable(told, False)
began = time.monotonic()
child = os.posix_spawnp(words[0], words, os.environ)
_, status, used = os.wait4(child, 0)
seconds = time.monotonic() - began
code = os.waitstatus_to_exitcode(status)
os.write(told, json.dumps([code, began, seconds, used.ru_maxrss, used.ru_utime + used.ru_stime]).encode())
"""
"""Starts a program and weighs it. What its parent weighs counts as its own, so the parent is small."""


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
    log, told = os.memfd_create("output"), os.memfd_create("told")
    try:
        parent = [sys.executable, "-I", "-S", "-c", PARENT, str(told), *words]
        done = subprocess.run(
            parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables, cwd=folder, pass_fds=(told,)
        )
        said = os.pread(log, 1_000_000, 0).decode(errors="replace")
        facts = json.loads(os.pread(told, 1000, 0) or "null")
    finally:
        os.close(log)
        os.close(told)
    if facts is None:
        raise NotMeasured(f"{words[0]} could not be started ({done.returncode}):\n{said[-3000:]}")
    code, began, seconds, kilobytes, processor = facts
    return Ended(code, began, seconds, kilobytes / 1024, said, processor)


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
