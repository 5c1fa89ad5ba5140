"""Work done in a forked child, so that this process stays as it was when the tests were collected."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn


def in_child(work: Callable[[], Any], seconds: float) -> Any:
    """Return what some work returns in a child; None if it fails or takes longer than some seconds."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _work(work, writing)
    os.close(writing)
    said = listen(reading, seconds, time.monotonic() + seconds)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    try:
        return pickle.loads(said)
    except Exception:
        return None


def _work(work: Callable[[], Any], pipe: int) -> NoReturn:
    become_quiet()
    try:
        words = pickle.dumps(work())
        while words:
            words = words[os.write(pipe, words) :]
    finally:
        os._exit(0)


def listen(reading: int, patience: float, deadline: float) -> bytes:
    """Return what a child writes until it ends or is silent for too long."""
    said = b""
    while True:
        left = max(0.1, deadline - time.monotonic())
        ready, _, _ = select.select([reading], [], [], min(patience, left))
        piece = os.read(reading, 65536) if ready else b""
        if not piece:
            break
        said += piece
    os.close(reading)
    return said


def become_quiet() -> None:
    """Let a child die when its time is up, and keep what it prints to itself."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
