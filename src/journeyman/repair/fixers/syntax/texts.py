"""The fixers of broken texts that are no Python: data files by their parsers, JavaScript by the engine of Node."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.fixers.syntax.around import around
from journeyman.repair.fixers.syntax.compiling import Compiler, Fault, Faults
from journeyman.repair.fixers.syntax.dialects import DATA, SCRIPT, Dialect
from journeyman.repair.fixers.syntax.edit import Edit
from journeyman.repair.fixers.syntax.nesting import oddity
from journeyman.repair.fixers.syntax.searching import Reading
from journeyman.repair.protected import is_test_file

_LARGEST = 200_000
"""Characters of a text that is looked at; what is longer was written by a program."""

_MOST_FILES = 400
_ROUNDS = 4
_WIDTH = 3
_MOST_EDITS = 1500
_MOST_READINGS = 6
_SPARE = re.compile(
    r"(?:^|/)(?:node_modules|vendor|dist|build|\.git)/|\.min\.js$|(?:^|/)(?:tsconfig|jsconfig)[^/]*\.json$"
)
_TOLD_DATA = re.compile(r"json|toml|ya?ml", re.I)
_TOLD_SCRIPT = re.compile(
    r"SyntaxError|Parsing error|Unexpected (?:token|identifier|end)|Invalid or unexpected|Unterminated|missing \)"
)
_NO_SCRIPT = re.compile(r"@flow\b|<\w[^<>\n]*/>|</\w+>|^<{7} |^>{7} ", re.M)
_COMMENTED = re.compile(r"^\s*(?://|/\*)", re.M)
_MARKED = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.M)

Ask = Callable[[Sequence[str]], Awaitable[Faults | None]]
"""Returns the first fault of each text, None for one without; None as a whole where nobody can tell."""


class DataSyntax:
    """Makes broken JSON, TOML and YAML parse by the smallest edits near each fault."""

    name = "syntax of data files"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        if not _TOLD_DATA.search(f"{case.outcome.check.command}\n{case.words()}"):
            return
        for path in _candidates(case, tuple(DATA)):
            dialect, fault = DATA[path[path.rindex(".") :]]
            text = await case.tree.text(path) or ""
            if not text.strip() or _MARKED.search(text) or (dialect.name == "JSON" and _COMMENTED.search(text)):
                continue
            if len(text) > _LARGEST or fault(text) is None:
                continue

            async def ask(texts: Sequence[str], of: Callable[[str], Fault | None] = fault) -> Faults:
                return [of(each) for each in texts]

            for chosen in await standing_out(case, await _rivals(path, text, dialect, ask)):
                yield chosen


class ScriptSyntax:
    """Makes broken JavaScript parse by the smallest edits near each fault, as the repository's own Node reads it."""

    name = "syntax of JavaScript"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        if not _TOLD_SCRIPT.search(case.words()):
            return
        compiler = Compiler(case.tree.shell, script=True)
        texts = {path: await case.tree.text(path) or "" for path in _candidates(case, (".js", ".cjs", ".mjs"))}
        texts = {path: text for path, text in texts.items() if len(text) <= _LARGEST and not _NO_SCRIPT.search(text)}
        faults = await compiler.texts(list(texts.values()))
        for (path, text), fault in zip(texts.items(), faults or [], strict=False):
            if fault is not None:
                for chosen in await standing_out(case, await _rivals(path, text, SCRIPT, compiler.texts)):
                    yield chosen


def _candidates(case: Case, endings: tuple[str, ...]) -> list[str]:
    """Return the files that a check names, or all if they are not too many; tests and products are left out."""
    paths = [path for path in case.tree.paths if path.endswith(endings)]
    paths = [path for path in paths if not is_test_file(path) and not _SPARE.search(path)]
    words = case.words()
    named = [path for path in paths if path.rpartition("/")[2] in words]
    return list(dict.fromkeys([*named, *(paths if len(paths) <= _MOST_FILES else [])]))


async def _rivals(path: str, text: str, dialect: Dialect, ask: Ask) -> list[Rival]:
    found = await readings(text, dialect, ask)
    return [
        Rival(Proposal(f"{', '.join(each.what)} in {path}:{_line(text, each.text)}", {path: each.text}), each.cost)
        for each in found
    ]


def _line(before: str, after: str) -> int:
    pairs = zip(before.split("\n"), after.split("\n"), strict=False)
    return next((number for number, (old, new) in enumerate(pairs, 1) if old != new), 1)


async def readings(text: str, dialect: Dialect, ask: Ask) -> list[Reading]:
    """Return the likeliest texts without a fault, likeliest first; [] if a few edits do not suffice."""
    states, found = [Reading(text, (), 0.0)], list[Reading]()
    for _ in range(_ROUNDS):
        ahead: list[tuple[int, Reading]] = []
        for state in states:
            solved, further = await _step(state, dialect, ask)
            found += solved
            ahead += further
        if found or not ahead:
            break
        states = [reading for _, reading in sorted(ahead, key=lambda each: (-each[0], each[1].cost))[:_WIDTH]]
    return _ranked(found)


async def _step(state: Reading, dialect: Dialect, ask: Ask) -> tuple[list[Reading], list[tuple[int, Reading]]]:
    """Return the texts that one edit makes whole, and those whose first fault lies further on, with its line."""
    first = await ask([state.text])
    if not first or (fault := first[0]) is None:
        return [], []
    after: dict[str, Edit] = {}
    for edit in sorted(around(state.text, fault, dialect), key=lambda each: each.cost):
        after.setdefault(edit.made(state.text), edit)
    texts = [made for made in after if made != state.text][:_MOST_EDITS]
    solved, further = [], []
    for made, left in zip(texts, await ask(texts) or [], strict=False):
        edit = after[made]
        reading = Reading(made, (*state.what, edit.what), state.cost + edit.cost)
        if left is None:
            solved.append(reading)
        elif (left.line, left.column) > (fault.line, fault.column + 1):
            further.append((left.line, reading))
    return solved, further


def _ranked(found: list[Reading]) -> list[Reading]:
    """Return the readings that say different things, likeliest first, the oddity of their layout counted."""
    odd = [oddity(reading.text) for reading in found]
    least = min(odd, default=0.0)
    weighed = [Reading(r.text, r.what, r.cost + more - least) for r, more in zip(found, odd, strict=True)]
    unique: dict[str, Reading] = {}
    for reading in sorted(weighed, key=lambda each: each.cost):
        unique.setdefault(re.sub(r"\s", "", reading.text), reading)
    return list(unique.values())[:_MOST_READINGS]
