"""Vectors of texts put what is located in another order, where that was seen to help."""

from __future__ import annotations

import hashlib
import math
import sqlite3
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from journeyman.codebase.contract import Located
from journeyman.domain.errors import ModelOutage

READ = 2000
"""Characters of a file or a function that count."""

RANKED = 30
"""Files, and functions, that are put in another order; what comes after them stays."""

EVEN = 10
"""Ranks are weighed by 1 / (EVEN + rank): the first few by much the same."""


class Embedder(Protocol):
    """Turns texts into vectors of one length. `name` tells what it is: vectors of different names never meet."""

    name: str

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vector of each text, in their order. ModelOutage, BadSettings."""
        ...


class KeptVectors:
    """Vectors that were made before, by the content of their texts: none is paid for twice."""

    def __init__(self, embedder: Embedder, path: Path) -> None:
        self._embedder = embedder
        self._path = path

    async def of(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vector of each text. ModelOutage if they are not of one length, or not one for each, or if
        those that were made before cannot be read."""
        try:
            return await self._of([text.encode(errors="replace").decode() for text in texts])
        except sqlite3.Error as error:
            raise ModelOutage("server", f"the vectors kept in {self._path} cannot be used ({error})") from None

    async def _of(self, texts: Sequence[str]) -> list[list[float]]:
        with closing(self._opened()) as kept:
            keys = [hashlib.sha256(f"{self._embedder.name}\n{text}".encode()).digest() for text in texts]
            known = {key: vector for key in keys if (vector := _read(kept, key)) is not None}
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
            made = await self._embedder.vectors(list(missing.values())) if missing else []
            fresh = dict(zip(missing, made, strict=False))
            if len(made) != len(missing) or len({len(each) for each in (*known.values(), *made)}) > 1:
                raise ModelOutage("server", f"the embedder {self._embedder.name} gives vectors of several shapes")
            rows = [(key, array("f", vector).tobytes()) for key, vector in fresh.items()]
            with kept:
                kept.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        return [known[key] if key in known else fresh[key] for key in keys]

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = sqlite3.connect(self._path, timeout=30)
        kept.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        return kept


def _read(kept: sqlite3.Connection, key: bytes) -> list[float] | None:
    row = kept.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
    return list(array("f", row[0])) if row else None


async def reordered(
    vectors: KeptVectors, question: str, located: Sequence[Located], text_of: Callable[[Located], str]
) -> list[Located]:
    """Return what is located, files and functions each in the order of both their ranks: as they came, and by
    likeness to the question. None is added, none is left out; a function never comes before its file."""
    files = [each for each in located if not each.line]
    functions = [each for each in located if each.line]
    leading = [*files[:RANKED], *functions[:RANKED]]
    texts = [f"{each.place}\n{text_of(each)[:READ]}" for each in leading]
    asked, *found = await vectors.of([question[:READ], *texts])
    likeness = [_cosine(asked, each) for each in found]
    count = len(files[:RANKED])
    files[:RANKED] = _ranked(leading[:count], likeness[:count])
    functions[:RANKED] = _ranked(leading[count:], likeness[count:])
    return _mixed(files, functions)


def _ranked(located: Sequence[Located], likeness: Sequence[float]) -> list[Located]:
    by_likeness = sorted(range(len(located)), key=lambda at: -likeness[at])
    worth = [1 / (EVEN + at) for at in range(len(located))]
    for rank, at in enumerate(by_likeness):
        worth[at] += 1 / (EVEN + rank)
    order = sorted(range(len(located)), key=lambda at: -worth[at])
    return [replace(located[at], score=round(worth[at], 4)) for at in order]


def _mixed(files: Sequence[Located], functions: Sequence[Located]) -> list[Located]:
    mixed: list[Located] = []
    told: set[str] = set()
    waiting = deque(functions)
    for file in files:
        mixed.append(file)
        told.add(file.place)
        while waiting and waiting[0].place.partition(":")[0] in told:
            mixed.append(waiting.popleft())
    return [*mixed, *waiting]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
