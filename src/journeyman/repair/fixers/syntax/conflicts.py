"""Marks that a merge left: a side is chosen only if the checks single it out."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from itertools import product

import msgspec

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.protected import is_test_file, same_meaning
from journeyman.repair.spans import parsed

_LOOK = (
    "grep -rIlE '^(<{7}( |$)|>{7}( |$)|={7}$)' . "
    "--exclude-dir=.git --exclude-dir=node_modules --exclude-dir=.venv 2>/dev/null"
)
_CONFLICT = re.compile(
    r"^<{7}(?: [^\n]*)?\n(?P<ours>(?:(?!<{7}|={7}\n|\|{7}).*\n)*)(?:\|{7}[^\n]*\n(?:(?!={7}\n).*\n)*)?"
    r"={7}\n(?P<theirs>(?:(?!>{7}).*\n)*)>{7}(?: [^\n]*)?(?:\n|\Z)",
    re.M,
)
_MARK = re.compile(r"^(?:(?P<ours><{7})(?: [^\n]*)?|(?P<theirs>>{7})(?: [^\n]*)?|(?P<middle>={7}))(?:\n|\Z)", re.M)
_PROSE = (".md", ".rst", ".txt", ".adoc", ".markdown")
"""Endings of files in which a line of equal signs underlines a heading."""

_MOST_WAYS = 16

_ADDED = re.compile(
    r"\s*(?:(?:from|import|export|const \w+ = require|use|#include|@|def |async def |class |[-*] |\"|')"
    r"|[\w.\[\]-]+\s*[=><~]=|[^\n]*,\s*$)"
)
"""A line that stands for itself: an import, an item of a list, a definition."""


class Conflict(msgspec.Struct, frozen=True):
    """One conflict: where it stands and what both sides wrote."""

    start: int
    end: int
    ours: str
    theirs: str

    def sides(self) -> tuple[str, str]:
        """Return what each side wrote."""
        return self.ours, self.theirs

    def together(self) -> tuple[str, ...]:
        """Return both sides, one after the other, where they can stand together; each line once in lists."""
        if not (_addition(self.ours) and _addition(self.theirs)):
            return ()
        return tuple(dict.fromkeys((_joined(self.ours, self.theirs), _joined(self.theirs, self.ours))))


def conflicts(text: str) -> list[Conflict]:
    """Return the conflicts of a text."""
    return [Conflict(*found.span(), found["ours"], found["theirs"]) for found in _CONFLICT.finditer(text)]


class MergeConflicts:
    """Resolves conflicts: by one side if only that one satisfies the check, by both where neither alone does."""

    name = "merge conflicts"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        seen = await _seen(case)
        texts = {path: text for path, text in seen.items() if conflicts(text)}
        alone = {path: bare for path, text in seen.items() if (bare := without_lone_mark(path, text)) != text}
        if alone and not texts:
            yield Proposal(f"take out the mark that a merge left in {', '.join(alone)}", alone)
        if not texts:
            return
        sides = _unlike(_ways(texts, [conflict.sides() for conflict in _all(texts)]))
        found = await standing_out(case, [Rival(Proposal("keep one side of the merge", way), 0.0) for way in sides])
        if not found and all(conflict.together() for conflict in _all(texts)):
            both = list(_ways(texts, [conflict.together() for conflict in _all(texts)]))
            proposals = [Rival(Proposal("keep both sides of the merge", way), 0.3 * n) for n, way in enumerate(both)]
            found = await standing_out(case, proposals)
        for chosen in found:
            yield chosen


def without_lone_mark(path: str, text: str) -> str:
    """Return a text without its one mark of a merge; as it is if it has several, which tell of two sides."""
    marks = list(_MARK.finditer(text))
    if len(marks) != 1 or (marks[0]["middle"] and path.endswith(_PROSE)) or (path.endswith(".py") and parsed(text)):
        return text
    return text[: marks[0].start()] + text[marks[0].end() :]


async def _seen(case: Case) -> dict[str, str]:
    """Return the texts with marks of a merge, by path; tests are left out."""
    _, output = await case.tree.shell.run(_LOOK, 30.0)
    paths = [path for line in output.splitlines() if (path := line.removeprefix("./")) in case.tree.paths]
    return {path: await case.tree.text(path) or "" for path in sorted(paths) if not is_test_file(path)}


def _all(texts: dict[str, str]) -> list[Conflict]:
    return [conflict for text in texts.values() for conflict in conflicts(text)]


def _ways(texts: dict[str, str], offered: Sequence[tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """Yield the texts with one of the offered answers in each place; with many places the same side everywhere."""
    few = 1
    for answers in offered:
        few *= len(answers)
    every = product(*offered) if few <= _MOST_WAYS else zip(*offered, strict=False)
    for answers in every:
        left = iter(answers)
        yield {path: _CONFLICT.sub(lambda _: next(left), text) for path, text in texts.items()}  # noqa: B023


def _unlike(ways: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Return the ways without those that say the same as an earlier one in another layout."""
    kept: list[dict[str, str]] = []
    for way in ways:
        if not any(all(_alike(path, one[path], text) for path, text in way.items()) for one in kept):
            kept.append(way)
    return kept


def _alike(path: str, one: str, other: str) -> bool:
    return one == other or (path.endswith(".py") and same_meaning(path, one, other))


def _addition(side: str) -> bool:
    first = next((line for line in side.split("\n") if line.strip()), "")
    return bool(_ADDED.match(first))


def _joined(first: str, second: str) -> str:
    lines = [line for line in second.splitlines(keepends=True) if line.strip() == "" or line not in first]
    return first + "".join(lines)
