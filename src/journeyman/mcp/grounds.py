"""What may be asked about, and the indexes of it that are open."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from journeyman.domain.errors import BadRequest
from journeyman.lookup import Lookup, top_of

Returned = TypeVar("Returned")
Work = Callable[[Lookup, str], Coroutine[Any, Any, Returned]]
"""Asks an index; the text is the folder in it that was named."""

MOST_NAMED = 30

MOST_OPEN = 4
"""Indexes that are kept open; the longest unused is closed first."""


class Grounds:
    """Folders, with all below them. Nothing else is looked at, whatever is asked. `model` reads tasks; "" is none."""

    def __init__(self, roots: Sequence[Path], model: str = "") -> None:
        self.model = model
        self._roots = tuple(root.resolve() for root in roots)
        self._opened: OrderedDict[Path, _Opened] = OrderedDict()
        self._opening = Lock()

    def place(self, repo: str) -> Path:
        """Return the folder that is meant. BadRequest if it lies outside, is none, or holds several repositories."""
        return self._found(repo)[0]

    def top(self, repo: str) -> Path:
        """Return the folder of the repository that is meant, whose memory tells of all of it. BadRequest if that
        begins outside."""
        _, top = self._found(repo)
        if not self._holds(top):
            advice = f"start journeyman mcp with --root {top}"
            raise BadRequest("repo", "the memory is of the whole repository, which begins further up", advice)
        return top

    def root(self, repo: str) -> Path:
        """Return the top of the work tree that is meant, or the folder if that lies in a larger one."""
        place, top = self._found(repo)
        return top if self._holds(top) else place

    def _found(self, repo: str) -> tuple[Path, Path]:
        """Return the folder that is meant, and that of the repository it is in."""
        try:
            place = (self._roots[0] / repo).resolve()
        except (OSError, ValueError, RuntimeError):
            raise BadRequest("repo", "is no path", "name a folder") from None
        if not self._holds(place):
            opened = ", ".join(map(str, self._roots))
            raise BadRequest("repo", f"lies outside of {opened}", "start journeyman mcp with --root for that folder")
        if not os.path.isdir(place):
            raise BadRequest("repo", f"{repo[:200]} is no folder", "name the folder of a repository")
        top = top_of(place)
        if not (top / ".git").exists() and (inside := self._repositories(place)):
            raise BadRequest("repo", f"{place} holds several repositories", f"name one of {', '.join(inside)}")
        return place, top

    def _repositories(self, place: Path) -> list[str]:
        """Return the first repositories in a folder that is none itself, as they may be asked for."""
        found = sorted(os.path.relpath(git.parent, self._roots[0]) for git in place.glob("*/.git"))
        return found[:MOST_NAMED] + ["…"] * (len(found) > MOST_NAMED)

    async def ask(self, repo: str, work: Work[Returned]) -> Returned:
        """Do work with the index of the repository that is meant, or of the folder if that lies in a larger one."""
        return await asyncio.to_thread(self._ask, repo, work)

    async def remembered(self, repo: str, work: Callable[[Path], Returned]) -> Returned:
        """Do work with the memory of the repository that is meant."""
        return await asyncio.to_thread(lambda: work(self.top(repo)))

    def _ask(self, repo: str, work: Work[Returned]) -> Returned:
        place, top = self._found(repo)
        root = top if self._holds(top) else place
        below = "" if place == root else str(place.relative_to(root))
        return self._of(root).work(lambda lookup: work(lookup, below))

    def _of(self, root: Path) -> _Opened:
        with self._opening:
            opened = self._opened.setdefault(root, _Opened(root))
            self._opened.move_to_end(root)
            gone = [self._opened.popitem(last=False)[1] for _ in range(len(self._opened) - MOST_OPEN)]
        for each in gone:
            each.close()
        return opened

    def _holds(self, place: Path) -> bool:
        return any(place.is_relative_to(root) for root in self._roots)


class _Opened:
    """An index that is kept open, for one question at a time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lookup: Lookup | None = None
        self._asking = Lock()

    def work(self, work: Callable[[Lookup], Awaitable[Returned]]) -> Returned:
        with self._asking:
            try:
                return self._worked(work)
            except sqlite3.Error:  # somebody has begun the file anew, or damaged it: opening it again mends that
                self._close()
                return self._worked(work)

    def _worked(self, work: Callable[[Lookup], Awaitable[Returned]]) -> Returned:
        lookup = self._lookup = self._lookup or Lookup(self._root)

        async def asked() -> Returned:
            return await work(lookup)

        return asyncio.run(asked())

    def close(self) -> None:
        with self._asking:
            self._close()

    def _close(self) -> None:
        if self._lookup is not None:
            self._lookup.close()
            self._lookup = None
