"""Paths between the files of a JavaScript or TypeScript repository: where they lead, how they are written."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from journeyman.repair.names import likeness

SCRIPT = re.compile(r"\.(?:[cm]?[jt]sx?|vue|svelte|astro)$")
_ENDING = re.compile(r"(?:\.d)?\.(?:[cm]?[jt]sx?)$")
_ENDINGS = (
    ".js",
    ".cjs",
    ".mjs",
    ".jsx",
    ".ts",
    ".cts",
    ".mts",
    ".tsx",
    ".d.ts",
    ".json",
    ".node",
    ".vue",
    ".svelte",
)
_NEAR = re.compile(
    r"""((?:\brequire(?:\.resolve)?\s*\(|\bimport\s*\(|\bfrom|\bimport)\s*)(["'])(\.{1,2}/[^"'\n]*)\2"""
)
_CLOSE = 0.74


def near(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the relative paths that a file imports from, with their places in its text."""
    for found in _NEAR.finditer(text):
        yield found[3], found.start(3), found.end(3)


def led_to(path: str, said: str) -> str:
    """Return where a relative path of a file leads, from the top of the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), said))


def there(place: str, paths: Sequence[str]) -> bool:
    """Tell whether a place that imports lead to is a file, with or without its ending, or a folder with an index."""
    stem = re.sub(r"\.[cm]?js$", "", place)  # TypeScript names what it will become
    return any(
        one in paths
        for base in {place, stem}
        for one in (base, *(f"{base}{end}" for end in _ENDINGS), *(f"{base}/index{end}" for end in _ENDINGS))
    )


def meant(place: str, paths: Sequence[str]) -> list[tuple[float, str]]:
    """Return the places that a wrong one may have meant, with their doubt: spelt alike, or the same elsewhere."""
    folder, last = posixpath.split(place)
    found: dict[str, float] = {}
    for path in paths:
        other = _as(path, last)
        home, name = posixpath.split(other)
        like = likeness(last, name)
        cost = 0.3 + 2 * (1 - like) if home == folder and like >= _CLOSE else 0.35 if name == last else None
        if cost is not None and other != place:
            found[other] = min(cost, found.get(other, cost))
    return sorted((cost, other) for other, cost in found.items())


def _as(path: str, like: str) -> str:
    """Return a file's path with an ending or without, as another name has one or not."""
    if _ENDING.search(like) or "." in like.rstrip("."):
        return path
    stem = _ENDING.sub("", path)
    return posixpath.dirname(stem) if posixpath.basename(stem) == "index" else stem


def said_from(path: str, place: str) -> str:
    """Return how a file names a place."""
    words = posixpath.relpath(place, posixpath.dirname(path) or ".")
    return words if words.startswith("../") else f"./{words}"
