"""The fixer of broken Python: every file of the tree that does not compile is read anew, and the check judges."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.fixers.syntax.compiling import Compiler
from journeyman.repair.fixers.syntax.searching import Reading, readings
from journeyman.repair.protected import is_test_file

_TOLD = re.compile(
    r"SyntaxError|IndentationError|TabError|invalid-syntax|\bE999\b|\bE902\b|\bE0001\b|\[syntax\]|syntax error"
    r"|[Cc]annot (?:format|parse)|[Ii]nvalid syntax|is not valid Python|\[unparsable|[Ff]ailed to parse|unindent",
)
_NAMED = re.compile(r"[\w./-]+\.pyi?\b")
_MOST_FILES = 400
"""Above so many files only those are compiled that the check names."""

_MARKS = re.compile(r"^(?:<{7}|>{7}) ", re.M)


class SyntaxFaults:
    """Makes broken Python compile by the smallest edits near each fault; several readings are judged by the check."""

    name = "syntax"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        words = case.words()
        if not _TOLD.search(words):
            return
        compiler = Compiler(case.tree.shell)
        found: dict[str, list[Reading]] = {}
        for path in await _broken(case, words, compiler):
            text = await case.tree.text(path)
            if text and not _MARKS.search(text) and (read := await readings(text, compiler)):
                found[path] = read
        for chosen in await standing_out(case, await _combined(case, found)):
            yield chosen


async def _broken(case: Case, words: str, compiler: Compiler) -> list[str]:
    """Return the files that do not compile, tests left out; those that the check names first."""
    named = [path for seen in dict.fromkeys(_NAMED.findall(words)) if (path := case.tree.path_of(seen))]
    every = [path for path in case.tree.paths if path.endswith(".py")]
    paths = list(dict.fromkeys([*named, *(every if len(every) <= _MOST_FILES else [])]))
    paths = [path for path in paths if not is_test_file(path)]
    faults = await compiler.files(paths)
    return [path for path, fault in zip(paths, faults or [], strict=False) if fault]


async def _combined(case: Case, found: dict[str, list[Reading]]) -> list[Rival]:
    """Return ways to read all broken files at once: the likeliest of each, then another one for one of them."""
    first = {path: read[0] for path, read in found.items()}
    ways = [first] if first else []
    for path, read in found.items():
        ways += [first | {path: other} for other in read[1:]]
    rivals = [
        Rival(Proposal(await _summary(case, way), {path: read.text for path, read in way.items()}), _cost(way))
        for way in ways
    ]
    return sorted(rivals, key=lambda rival: rival.cost)


def _cost(way: dict[str, Reading]) -> float:
    return sum(reading.cost for reading in way.values())


async def _summary(case: Case, way: dict[str, Reading]) -> str:
    said = []
    for path, reading in way.items():
        line = _first_difference(await case.tree.text(path) or "", reading.text)
        said.append(f"{', '.join(dict.fromkeys(reading.what))} in {path}:{line}")
    return "; ".join(said)


def _first_difference(before: str, after: str) -> int:
    pairs = zip(before.split("\n"), after.split("\n"), strict=False)
    return next((number for number, (old, new) in enumerate(pairs, 1) if old != new), 1)
