"""Measures what memory is worth: learns from the first commits of a history, and asks by the messages of the last."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from journeyman.codebase.contract import Pasts, Trees
from journeyman.codebase.index import CodeIndex
from journeyman.codebase.memory.past import TOGETHER_FILES
from journeyman.codebase.memory.remembering import Memory
from journeyman.codebase.memory.suggesting import located_files, suggested
from journeyman.domain.changes import Commit
from journeyman.domain.errors import BadRequest

LEARNT = 0.8
AMONG = 10
MOST_READ = 5_000
LARGEST = 1_000_000
"""Bytes of a file that is looked at."""


class Worth(msgspec.Struct, frozen=True):
    """The share, in percent, of the files to change that are among the first ten, on average over the questions."""

    project: str
    commits: int
    questions: int
    without: float
    with_memory: float
    better: int
    worse: int
    at: str
    """The commit up to which was learnt."""


class PastTree:
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


async def measure(
    memory: Memory, pasts: Pasts, trees: Trees, root: Path, most: int, tell: Callable[[str], None]
) -> Worth:
    """Learn from the first commits of a repository into an empty memory, and ask it by the messages of the last.

    At most `most` questions, taken evenly. A question's files are those of the commit that were there before.
    """
    head = await pasts.head(root)
    commits = await pasts.commits(root, head, MOST_READ) if head else []
    split = int(len(commits) * (1 - LEARNT))
    if not split:
        raise BadRequest("PATH", "there are too few commits to measure anything", "name a repository with a past")
    since = commits[split].id
    with tempfile.TemporaryDirectory(prefix="journeyman-memory-") as scratch:
        tree = written(Path(scratch) / "tree", await pasts.files(root, since, LARGEST))
        with closing(CodeIndex(Path(scratch) / "index", PastTree(trees, root, since), tree, 1)) as index:
            await index.refresh()
            project = str(root)
            await memory.learn_past(project, root, since)
            await memory.learn_code(project, index.code())
            there = frozenset(index.code().paths())
            asked = questions_of(commits[:split], there, most)
            tell(f"{len(asked)} questions about {len(there)} files")
            found = [await _asked(memory, index, project, there, commit) for commit in asked]
    return _worth(project, len(commits), found, since)


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write the files of a commit into a folder and return it."""
    for path, content in files.items():
        if os.path.normpath(path) == path and not path.startswith(("/", "..")):
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    return folder


def questions_of(commits: Sequence[Commit], there: frozenset[str], most: int) -> list[Commit]:
    """Return commits that can be asked for: few files, some of them there; at most `most`, taken evenly."""
    fit = [
        commit
        for commit in commits
        if 0 < len(commit.paths) <= TOGETHER_FILES and any(path in there for path in commit.paths)
    ]
    step = max(1, len(fit) / most)
    return [fit[int(at * step)] for at in range(min(most, len(fit)))]


async def _asked(
    memory: Memory, index: CodeIndex, project: str, there: frozenset[str], commit: Commit
) -> tuple[float, float]:
    """Return the share of a commit's files that are found without memory, and with it."""
    gold = {path for path in commit.paths if path in there}
    located = await located_files(index, commit.message, there)
    with_memory = await suggested(memory, project, commit.message, located, there)
    return share_found(gold, located), share_found(gold, with_memory)


def share_found(gold: set[str], ranked: Sequence[tuple[str, float]]) -> float:
    """Return the share of files that are among the first ten."""
    return len(gold & {path for path, _ in ranked[:AMONG]}) / len(gold)


def _worth(project: str, commits: int, found: Sequence[tuple[float, float]], at: str) -> Worth:
    count = max(1, len(found))
    return Worth(
        project=project,
        commits=commits,
        questions=len(found),
        without=round(100 * sum(without for without, _ in found) / count, 1),
        with_memory=round(100 * sum(with_memory for _, with_memory in found) / count, 1),
        better=sum(with_memory > without for without, with_memory in found),
        worse=sum(with_memory < without for without, with_memory in found),
        at=at,
    )
