"""What is located, weighed by what somebody is working on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from pathlib import Path

from msgspec.structs import replace

from journeyman.codebase.contract import Located
from journeyman.domain.attention import CodeContext, Spot
from journeyman.domain.errors import BadRequest


def attended(located: Sequence[Located], context: CodeContext) -> list[Located]:
    """Return files and functions in the order of their worth for a session. None is added, none is left out."""
    files = _weighed((each for each in located if not each.line), context)
    functions = _weighed((each for each in located if each.line), context)
    return [each for each in chain.from_iterable(zip_longest(files, functions)) if each is not None]


def _weighed(located: Iterable[Located], context: CodeContext) -> list[Located]:
    weighed = []
    for each in located:
        path = each.place.partition(":")[0] if each.line else each.place
        worth = context.worth(path, each.line, each.end_line)
        weighed.append(replace(each, score=round(each.score * worth, 4)))
    return sorted(weighed, key=lambda each: -each.score)


def path_in(root: Path, given: str) -> str:
    """Return a path from the root; BadRequest if it lies elsewhere. It may not be written yet."""
    path = os.path.relpath(os.path.join(root, given), root) if "\0" not in given else ".."
    if path == os.curdir or path.split(os.sep)[0] == os.pardir:
        raise BadRequest("FILE", f"{given[:200]!r} does not lie in {root}", "name files of the repository")
    return path


def spot_in(root: Path, given: str) -> Spot:
    """Return the spot that `PATH` or `PATH:LINE` names, its path from the root. BadRequest if it lies elsewhere."""
    path, _, line = given.rpartition(":")
    if path and line.isdecimal() and len(line) < 9:
        return Spot(path_in(root, path), int(line))
    return Spot(path_in(root, given))
