"""Asks by the messages of the last fifth of a history which files they changed, in the tree as it was before."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from journeyman.codebase.contract import Pasts, Trees
from journeyman.codebase.index import CodeIndex
from journeyman.domain.changes import TOGETHER_FILES, Commit
from journeyman.domain.errors import BadRequest

LEARNT = 0.8
AMONG = 10
MOST_READ = 5_000
LARGEST = 1_000_000
"""Bytes of a file that is looked at."""

Ranked = Sequence[tuple[str, float]]
Ask = Callable[[str], Awaitable[tuple[Ranked, Ranked]]]
"""Gives the files that a message is thought to change, best first: without what is measured, and with it."""

Prepare = Callable[[CodeIndex, str], Awaitable[Ask]]
"""Learns from the tree of a commit, and from what came before it, what is asked then."""


class Compared(msgspec.Struct, frozen=True):
    """The share, in percent, of the files to change that are among the first ten, on average over the questions.

    `better` and `worse` count the questions of which it changed; `at` is the commit up to which was learnt.
    """

    commits: int
    questions: int
    without: float
    with_it: float
    better: int
    worse: int
    at: str


class _PastTree:
    """The tree of an older commit in a folder of its own: fits `Trees`."""

    def __init__(self, pasts: Trees, root: Path, commit: str) -> None:
        self._pasts = pasts
        self._root = root
        self._commit = commit

    async def paths(self, root: Path) -> list[bytes] | None:
        """Return nothing known: all files of the folder are the commit's."""
        return None

    async def identity(self, root: Path) -> str:
        """Return nothing."""
        return ""

    async def head(self, root: Path) -> str:
        """Return the commit."""
        return self._commit

    async def history(self, root: Path, commit: str, most: int) -> list[tuple[str, tuple[str, ...]]]:
        """Return the messages of the commit and those before it."""
        return await self._pasts.history(self._root, commit, most)

    async def changed_since(self, root: Path, revision: str) -> frozenset[str]:
        """Return nothing."""
        return frozenset()


async def compared(
    pasts: Pasts, trees: Trees, root: Path, most: int, tell: Callable[[str], None], prepare: Prepare
) -> Compared:
    """Ask a repository's last commits, at most `most` of them, taken evenly, what they changed.

    A question's files are those of the commit that were there before. BadRequest if there are too few commits.
    """
    head = await pasts.head(root)
    commits = await pasts.commits(root, head, MOST_READ) if head else []
    split = int(len(commits) * (1 - LEARNT))
    if not split:
        raise BadRequest("PATH", "there are too few commits to measure anything", "name a repository with a past")
    since = commits[split].id
    found = []
    with tempfile.TemporaryDirectory(prefix="journeyman-past-") as scratch:
        tree = _written(Path(scratch) / "tree", await pasts.files(root, since, LARGEST))
        with closing(CodeIndex(Path(scratch) / "index", _PastTree(trees, root, since), tree, 1)) as index:
            await index.refresh()
            ask = await prepare(index, since)
            there = frozenset(index.code().paths())
            asked = _questions(commits[:split], there, most)
            tell(f"{len(asked)} questions about {len(there)} files")
            for commit in asked:
                gold = there & set(commit.paths)
                without, with_it = await ask(commit.message)
                found.append((_share(gold, without), _share(gold, with_it)))
    return _compared(len(commits), found, since)


def _written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write the files of a commit into a folder and return it."""
    for path, content in files.items():
        if os.path.normpath(path) == path and not path.startswith(("/", "..")):
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    return folder


def _questions(commits: Sequence[Commit], there: frozenset[str], most: int) -> list[Commit]:
    """Return commits that can be asked for: few files, some of them there; at most `most`, taken evenly."""
    fit = [each for each in commits if len(each.paths) <= TOGETHER_FILES and there & set(each.paths)]
    step = max(1, len(fit) / most)
    return [fit[int(at * step)] for at in range(min(most, len(fit)))]


def _share(gold: frozenset[str], ranked: Ranked) -> float:
    return len(gold & {path for path, _ in ranked[:AMONG]}) / len(gold)


def _compared(commits: int, found: Sequence[tuple[float, float]], at: str) -> Compared:
    count = max(1, len(found))
    return Compared(
        commits=commits,
        questions=len(found),
        without=round(100 * sum(without for without, _ in found) / count, 1),
        with_it=round(100 * sum(with_it for _, with_it in found) / count, 1),
        better=sum(with_it > without for without, with_it in found),
        worse=sum(with_it < without for without, with_it in found),
        at=at,
    )
