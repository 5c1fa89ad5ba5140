"""Measures what an embedder is worth on a repository's own history: it is used only where it is worth something."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from journeyman.codebase.contract import Code, Gain, Located, Pasts, Trees
from journeyman.codebase.embedding import KeptVectors, reordered
from journeyman.codebase.index import CodeIndex
from journeyman.codebase.memory.measuring import (
    LARGEST,
    LEARNT,
    MOST_READ,
    PastTree,
    questions_of,
    share_found,
    written,
)
from journeyman.domain.errors import BadRequest

LOCATED = 60


async def measure_embedder(
    vectors: KeptVectors, name: str, pasts: Pasts, trees: Trees, root: Path, most: int, tell: Callable[[str], None]
) -> Gain:
    """Ask by the messages of the last fifth of a history what they changed, in the tree as it was before."""
    head = await pasts.head(root)
    commits = await pasts.commits(root, head, MOST_READ) if head else []
    split = int(len(commits) * (1 - LEARNT))
    if not split:
        raise BadRequest("PATH", "there are too few commits to measure anything", "name a repository with a past")
    since = commits[split].id
    found: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="journeyman-embedder-") as scratch:
        tree = written(Path(scratch) / "tree", await pasts.files(root, since, LARGEST))
        with closing(CodeIndex(Path(scratch) / "index", PastTree(trees, root, since), tree, 1)) as index:
            await index.refresh()
            code = index.code()
            there = frozenset(code.paths())
            asked = questions_of(commits[:split], there, most)
            tell(f"{len(asked)} questions about {len(there)} files")
            for commit in asked:
                located = await index.locate(commit.message, LOCATED)
                again = await reordered(vectors, commit.message, located, texts_of(code))
                gold = {path for path in commit.paths if path in there}
                found.append((share_found(gold, _files(located)), share_found(gold, _files(again))))
    return _gain(name, found, since)


def texts_of(code: Code) -> Callable[[Located], str]:
    """Return what gives the text of a located file or function."""

    def text_of(each: Located) -> str:
        if not each.line:
            return code.text(each.place)
        lines = code.text(each.place.partition(":")[0]).split("\n")
        return "\n".join(lines[each.line - 1 : each.end_line])

    return text_of


def _files(located: list[Located]) -> list[tuple[str, float]]:
    return [(each.place, each.score) for each in located if not each.line]


def _gain(name: str, found: list[tuple[float, float]], at: str) -> Gain:
    count = max(1, len(found))
    without = sum(each for each, _ in found) / count
    with_embedder = sum(each for _, each in found) / count
    return Gain(
        embedder=name,
        questions=len(found),
        without=round(100 * without, 1),
        with_embedder=round(100 * with_embedder, 1),
        better=sum(more > less for less, more in found),
        worse=sum(more < less for less, more in found),
        at=at,
        on=with_embedder > without,
    )


def keep_gain(folder: Path, repository: str, gain: Gain) -> None:
    """Keep what an embedder is worth on a repository."""
    path = _path(folder, repository, gain.embedder)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(msgspec.json.encode(gain))


def kept_gain(folder: Path, repository: str, embedder: str) -> Gain | None:
    """Return what an embedder is worth on a repository; None if nobody measured it."""
    try:
        return msgspec.json.decode(_path(folder, repository, embedder).read_bytes(), type=Gain)
    except (OSError, msgspec.DecodeError):
        return None


def _path(folder: Path, repository: str, embedder: str) -> Path:
    name = hashlib.sha256(f"{repository}\n{embedder}".encode()).hexdigest()[:32]
    return folder / "embedders" / f"{name}.json"
