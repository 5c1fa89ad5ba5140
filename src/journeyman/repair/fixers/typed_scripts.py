"""What the compiler of TypeScript says does not exist: spelt as it proposes, or as something the repository has."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Sequence

import msgspec

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.rivals import Rival, standing_out
from journeyman.repair.names import close_to, likeness
from journeyman.repair.protected import is_test_file

_SAID = re.compile(
    r"^(?P<path>[^\s(:]+\.[cm]?tsx?)(?:\((?P<line>\d+),(?P<column>\d+)\): |:(?P<line2>\d+):(?P<column2>\d+) - )"
    r"error (?P<code>TS\d+): (?P<message>.*)$",
    re.M,
)
_UNKNOWN = {
    "TS2304": r"Cannot find name '(?P<name>[\w$]+)'",
    "TS2305": r"has no exported member '(?P<name>[\w$]+)'",
    "TS2339": r"Property '(?P<name>[\w$]+)' does not exist on type",
    "TS2353": r"'(?P<name>[\w$]+)' does not exist in type",
    "TS2551": r"Property '(?P<name>[\w$]+)' does not exist on type",
    "TS2552": r"Cannot find name '(?P<name>[\w$]+)'",
    "TS2561": r"'(?P<name>[\w$]+)' does not exist in type",
    "TS2724": r"has no exported member named '(?P<name>[\w$]+)'",
}
"""What is not there, by the compiler's number."""

_MEANT = re.compile(r"Did you mean (?:to write )?'(?P<right>[\w$]+)'")
_NEEDLESS = "TS2578"
_EXPECTED = re.compile(r"^\s*//\s*@ts-expect-error\b.*$")
_WORD = re.compile(r"(?<![\w$])[A-Za-z_$][\w$]{2,}")
_TYPED = re.compile(r"\.[cm]?[jt]sx?$")
_MOST_FILES = 400


class Unknown(msgspec.Struct, frozen=True):
    """A name that is not there, its column from 1, and what the compiler proposes in its stead, if anything."""

    path: str
    line: int
    column: int
    name: str
    right: str = ""


class TypedScripts:
    """Spells names, properties and exports of TypeScript, and takes out `@ts-expect-error` that expects none."""

    name = "names of TypeScript"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        if needless := await _without_needless(case):
            yield needless
        unknown = list(dict.fromkeys(_unknown(case)))
        proposed = [each for each in unknown if each.right]
        if len(proposed) > 1:
            yield await _spelt(case, proposed)
        for each in unknown:
            rights = [each.right] if each.right else close_to(each.name, await _names(case, each))
            rivals = [
                Rival(await _spelt(case, [msgspec.structs.replace(each, right=right)]), _doubt(each.name, right))
                for right in rights
            ]
            for chosen in await standing_out(case, rivals):
                yield chosen


def _doubt(name: str, right: str) -> float:
    return 0.3 + 2 * (1 - likeness(name, right))


def _unknown(case: Case) -> Iterator[Unknown]:
    """Yield what the compiler does not find, tests left out."""
    for found in _SAID.finditer(case.outcome.output):
        path = case.tree.path_of(found["path"])
        name = re.search(_UNKNOWN.get(found["code"], r"(?!)"), found["message"])
        if path and name and not is_test_file(path):
            meant = _MEANT.search(found["message"])
            line, column = int(found["line"] or found["line2"]), int(found["column"] or found["column2"])
            yield Unknown(path, line, column, name["name"], meant["right"] if meant else "")


async def _spelt(case: Case, wrong: Sequence[Unknown]) -> Proposal:
    """Return all of some names spelt as they should be, each at its place alone."""
    texts: dict[str, list[str]] = {}
    for each in sorted(wrong, key=lambda one: (one.path, one.line, one.column), reverse=True):
        if each.path not in texts:
            texts[each.path] = (await case.tree.text(each.path) or "").split("\n")
        lines = texts[each.path]
        line = lines[each.line - 1] if each.line <= len(lines) else ""
        if line[each.column - 1 :].startswith(each.name):
            after = line[each.column - 1 + len(each.name) :]
            lines[each.line - 1] = f"{line[: each.column - 1]}{each.right}{after}"
    what = ", ".join(dict.fromkeys(f"{each.name} as {each.right}" for each in wrong))
    return Proposal(
        f"spell {what} in {', '.join(sorted(texts))}", {p: "\n".join(lines) for p, lines in texts.items()}
    )


async def _names(case: Case, unknown: Unknown) -> set[str]:
    """Return the words of the file and of those that it may have them from: all of a repository that is not large."""
    paths = [path for path in case.tree.paths if _TYPED.search(path) and not is_test_file(path)][:_MOST_FILES]
    texts = [await case.tree.text(path) or "" for path in dict.fromkeys([unknown.path, *paths])]
    return {word for text in texts for word in _WORD.findall(text)}


async def _without_needless(case: Case) -> Proposal | None:
    """Return the files without comments that expect an error where there is none."""
    gone: dict[str, set[int]] = {}
    for found in _SAID.finditer(case.outcome.output):
        if found["code"] == _NEEDLESS and (path := case.tree.path_of(found["path"])):
            gone.setdefault(path, set()).add(int(found["line"] or found["line2"]))
    texts = {}
    for path, numbers in gone.items():
        lines = (await case.tree.text(path) or "").split("\n")
        kept = [line for at, line in enumerate(lines, 1) if at not in numbers or not _EXPECTED.match(line)]
        if len(kept) < len(lines) and not is_test_file(path):
            texts[path] = "\n".join(kept)
    return Proposal(f"expect no error where there is none in {', '.join(texts)}", texts) if texts else None
