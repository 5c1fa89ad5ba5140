"""What is located, weighed by what somebody is working on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from msgspec.structs import replace

from journeyman.codebase.contract import Located
from journeyman.domain.attention import CodeContext


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
