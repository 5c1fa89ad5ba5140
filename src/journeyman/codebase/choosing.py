"""Chooses tests for changes of the work trees of runs, by the index of the repository that they are of."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from journeyman.codebase.impact.contract import TestsToRun
from journeyman.domain.changes import Side
from journeyman.domain.errors import BadRequest

WORKERS = 2


class _Listed:
    """A tree whose files are known from elsewhere. Fits `Trees`; it has no past."""

    def __init__(self, origin: str, paths: Sequence[str]) -> None:
        self._origin = origin
        self._paths = [os.fsencode(path) for path in paths]

    async def paths(self, root: Path) -> list[bytes] | None:
        return self._paths

    async def identity(self, root: Path) -> str:
        return self._origin

    async def head(self, root: Path) -> str:
        return ""

    async def history(self, root: Path, commit: str, most: int) -> list[tuple[str, tuple[str, ...]]]:
        return []

    async def changed_since(self, root: Path, revision: str) -> frozenset[str]:
        raise BadRequest("--changed-since", "this tree has no past", "leave it out")


class IndexedImpact:
    """Fits `ImpactedTests`. `folder` is where the files of all indexes lie."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def tests(self, root: Path, origin: str, paths: Sequence[str], sides: list[Side]) -> TestsToRun:
        """Return the tests that a change asks for; none if the index cannot be used: all tests run anyway."""
        from journeyman.codebase.index import CodeIndex

        try:
            with closing(CodeIndex(self._folder, _Listed(origin, paths), root, WORKERS)) as index:
                await index.refresh()
                with closing(await index.coverage()) as coverage:
                    return (await index.assessing(coverage)).tests(sides)
        except (OSError, sqlite3.Error, BadRequest):
            return TestsToRun()
