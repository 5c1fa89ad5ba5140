"""A bar that shows a search, on a terminal only: how much of its time has gone, and how many candidates a second."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, TextIO

from journeyman.cli.fixed import clean

if TYPE_CHECKING:
    from journeyman.domain.mending import Searching

WIDTH = 20
SHOWN_EVERY = 0.1


class SearchBar:
    """One line on a terminal, drawn again and again. Nothing is drawn elsewhere."""

    def __init__(self, stream: TextIO, limit_seconds: float) -> None:
        self._stream = stream
        self._limit = limit_seconds
        self._on = stream.isatty()
        self._began = 0.0
        self._last = 0.0
        self._drawn = False

    def show(self, searching: Searching) -> None:
        """Draw how far a search has come."""
        now = time.monotonic()
        self._began = self._began or now
        if not self._on or now - self._last < SHOWN_EVERY:
            return
        self._last = now
        words = line_of(searching, now - self._began, self._limit)[: shutil.get_terminal_size().columns - 1]
        self._stream.write(f"\r\033[K{words}")
        self._stream.flush()
        self._drawn = True

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            self._stream.write("\r\033[K")
            self._stream.flush()
            self._drawn = False


def line_of(searching: Searching, seconds: float, limit: float) -> str:
    """Return the line: the bar is the share of the time that has gone."""
    full = min(WIDTH, int(WIDTH * seconds / limit)) if limit else WIDTH
    bar = "█" * full + "░" * (WIDTH - full)
    best = f", best: {searching.best}" if searching.best else ""
    pace = f"{searching.tried} candidates, {searching.per_second:.0f} a second"
    return clean(f"{bar} {searching.check}: {pace}, {seconds:.0f} of {limit:.0f} s{best}")
