"""Measures what an embedder is worth on a repository's own history: it is used only where it is worth something."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from journeyman.codebase.contract import Code, Gain, Located, Pasts, Trees
from journeyman.codebase.embedding import KeptVectors, reordered
from journeyman.codebase.hindsight import Ask, Ranked, compared
from journeyman.codebase.index import CodeIndex

LOCATED = 60


async def measure_embedder(
    vectors: KeptVectors, name: str, pasts: Pasts, trees: Trees, root: Path, most: int, tell: Callable[[str], None]
) -> Gain:
    """Ask by the messages of the last fifth of a history what they changed, in the tree as it was before."""

    async def prepared(index: CodeIndex, since: str) -> Ask:
        texts = texts_of(index.code())

        async def ask(message: str) -> tuple[Ranked, Ranked]:
            located = await index.locate(message, LOCATED)
            return _files(located), _files(await reordered(vectors, message, located, texts))

        return ask

    found = await compared(pasts, trees, root, most, tell, prepared)
    shares, on = (found.without, found.with_it), found.with_it > found.without
    return Gain(name, found.questions, *shares, found.better, found.worse, found.at, on)


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
