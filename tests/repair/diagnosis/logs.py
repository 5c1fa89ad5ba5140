"""Long logs, made as they are read."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable
from functools import cache

WORDS = (
    *("building", "compiling", "downloaded", "package", "module", "step", "running", "passed", "info", "debug"),
    *("test", "object", "cache", "layer", "extracting", "collecting", "installing", "using", "cached", "metadata"),
    *("version", "index", "file", "http", "request"),
)


@cache
def noise(lines: int = 6_000) -> bytes:
    """Return lines of an ordinary log, with time stamps."""
    chance = random.Random(7)
    texts = (" ".join(chance.choice(WORDS) for _ in range(9)) for _ in range(lines))
    return b"".join(f"2026-11-20T10:11:{n % 60:02d}.{n:07d}Z {text} {n}\n".encode() for n, text in enumerate(texts))


class Endless(io.RawIOBase):
    """A stream of pieces, cut at a size."""

    def __init__(self, pieces: Iterable[bytes], size: int) -> None:
        self._pieces, self._left, self._rest = iter(pieces), size, b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < min(size, self._left):
            self._rest += next(self._pieces)
        cut = min(size, self._left)
        taken, self._rest = self._rest[:cut], self._rest[cut:]
        self._left -= len(taken)
        return taken
