"""Gathers, for a task, the pieces of a repository that a model should see: best first, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from journeyman.codebase import Code, Located, Symbol, is_test
from journeyman.context.contract import Part, Piece

WORD = re.compile(r"[^\W\d_]{3,}")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

ENTRIES_OF_FILE = 14
FILES_MAPPED = 40
TOP_FILES, TOP_FUNCTIONS = 3, 6
LONGEST_HEAD = 40
"""Lines of a file's beginning that are shown where it defines no function."""

SETTINGS_OF_TEAM = {
    ".journeyman.yaml": "the team's checks and protected paths",
    "AGENTS.md": "what is asked of whoever works here",
    "CLAUDE.md": "what is asked of whoever works here",
    "CONTRIBUTING.md": "how to contribute",
    ".github/CONTRIBUTING.md": "how to contribute",
    "CONTRIBUTING.rst": "how to contribute",
}

SURE = 0.6
"""An edge that is less sure says too little to show what it leads to."""

FIRST = 8
"""So many of the ranked functions come before what they call."""


class Gathering:
    """The pieces for one task. `located` is what the index ranks for it."""

    def __init__(self, code: Code, task: str, located: Sequence[Located]) -> None:
        self._code = code
        self._words = words_of(task)
        self._task = task
        self.files = [each for each in located if not each.line]
        found = [each for each in located if each.line]
        self.functions = [each for each in found if not is_test(each.place.partition(":")[0])]
        self._tests = [each for each in found if is_test(each.place.partition(":")[0])]
        self._symbols: dict[str, list[Symbol]] = {}

    def code(self) -> Iterator[Piece]:
        """Yield the functions that the task is likely about, then what the first of them call, then the others."""
        seen: set[tuple[str, int]] = set()
        ranked = list(enumerate(self.functions, 1))
        for rank, each in ranked[:FIRST]:
            seen.add((each.place, each.line))
            yield self._function(each, self._reason(rank, each))
        yield from self._beginnings()
        called = [piece for piece in self._called() if (piece.place, piece.line) not in seen]
        rest = [self._function(each, self._reason(rank, each)) for rank, each in ranked[FIRST:]]
        known = {(piece.place, piece.line) for piece in rest}
        yield from rest
        yield from (piece for piece in called if (piece.place, piece.line) not in known)

    def tests(self) -> Iterator[Piece]:
        """Yield the tests that exercise the first functions, then those that are like the task."""
        seen: set[int] = set()
        for each in self.functions[:TOP_FUNCTIONS]:
            symbol = self._symbol(each)
            for edge in self._code.tests(symbol)[:3] if symbol else ():
                if edge.source.id not in seen and edge.source.line < edge.source.end_line:
                    seen.add(edge.source.id)
                    yield self._piece(Part.TEST, edge.source, f"exercises {symbol.qualified}" if symbol else "")
        for rank, each in enumerate(self._tests, 1):
            yield replace(self._function(each, f"{_th(rank)} of the tests for the task"), part=Part.TEST)

    def map(self) -> Iterator[Piece]:
        """Yield the likely files with what they define."""
        wanted: dict[str, list[str]] = {}
        for each in self.functions:
            path, _, name = each.place.partition(":")
            wanted.setdefault(path, []).append(name)
        for rank, each in enumerate(self.files[:FILES_MAPPED], 1):
            most = ENTRIES_OF_FILE if rank <= TOP_FILES else ENTRIES_OF_FILE // 2
            text = self._outline(each.place, wanted.get(each.place, ()), most)
            yield Piece(Part.MAP, f"{each.place}", f"{_th(rank)} of the files for the task", text)

    def _outline(self, path: str, first: Sequence[str], most: int) -> str:
        """Return a file's path and the names it defines, on one or two lines; those wanted first."""
        names: dict[str, list[str]] = {}
        symbols = [each for each in self._of(path) if each.qualified.count(".") < 2 and each.name]
        for symbol in sorted(symbols, key=lambda each: (each.qualified not in first, each.line))[:most]:
            owner, _, name = symbol.qualified.rpartition(".")
            if owner:
                names.setdefault(owner, []).append(name)
            else:
                names.setdefault(name, [])
        entries = [f"{owner}({', '.join(inner)})" if inner else owner for owner, inner in names.items()]
        more = f", and {len(symbols) - most} more" if len(symbols) > most else ""
        return f"{path}: {', '.join(entries)}{more}" if entries else path

    def _called(self) -> Iterator[Piece]:
        for each in self.functions[:TOP_FILES]:
            symbol = self._symbol(each)
            for edge in self._code.callees(symbol)[:8] if symbol else ():
                if edge.confidence >= SURE and edge.target.signature and not is_test(edge.target.path):
                    yield self._piece(Part.CODE, edge.target, f"{symbol.qualified if symbol else ''} calls it")

    def _beginnings(self) -> Iterator[Piece]:
        """Yield the beginnings of the first files, where none of their functions is ranked."""
        known = {each.place.partition(":")[0] for each in self.functions}
        for rank, each in enumerate(self.files[:TOP_FILES], 1):
            if each.place not in known and (text := self._code.text(each.place)):
                lines = lines_of(text)
                end = min(len(lines), LONGEST_HEAD)
                reason = f"the beginning of the {_th(rank)} file for the task"
                shown = "\n".join(lines[:end])
                yield Piece(Part.CODE, each.place, reason, shown, 1, end, whole=end == len(lines))

    def _function(self, each: Located, reason: str) -> Piece:
        symbol = self._symbol(each)
        if symbol is not None:
            return self._piece(Part.CODE, symbol, reason)
        path = each.place.partition(":")[0]
        text = "\n".join(lines_of(self._code.text(path))[each.line - 1 : each.end_line])
        return Piece(Part.CODE, each.place, reason, text, each.line, each.end_line)

    def _piece(self, part: Part, symbol: Symbol, reason: str) -> Piece:
        """Return a symbol's lines, with the decorators above them and the head of the class they are in."""
        lines = lines_of(self._code.text(symbol.path))
        start = symbol.line
        while start > 1 and start <= len(lines) and lines[start - 2].lstrip().startswith(("@", "#[")):
            start -= 1
        owner = symbol.qualified.rpartition(".")[0]
        holder = next((each for each in self._of(symbol.path) if each.qualified == owner), None) if owner else None
        text = "\n".join(lines[start - 1 : symbol.end_line])
        if holder is not None and holder.signature and holder.line < start:
            reason = f"{reason}; in {holder.signature.splitlines()[0].rstrip(' :{')}"
        return Piece(part, f"{symbol.path}:{symbol.qualified}", reason, text, start, symbol.end_line)

    def _reason(self, rank: int, each: Located) -> str:
        name = each.place.rpartition(":")[2].rpartition(".")[2]
        if len(name) > 3 and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self._task):
            return f"{_th(rank)} of the functions; the task names {name}"
        path = each.place.partition(":")[0]
        body = "\n".join(lines_of(self._code.text(path))[each.line - 1 : each.end_line])
        there = words_of(body)
        shared = [word for word in self._words if word in there][:4]
        return (
            f"{_th(rank)} of the functions; shares {', '.join(shared)}" if shared else f"{_th(rank)} of the functions"
        )

    def _symbol(self, each: Located) -> Symbol | None:
        path = each.place.partition(":")[0]
        return next(
            (symbol for symbol in self._of(path) if (symbol.place, symbol.line) == (each.place, each.line)), None
        )

    def _of(self, path: str) -> list[Symbol]:
        if path not in self._symbols:
            self._symbols[path] = self._code.symbols(path)
        return self._symbols[path]


def team_settings(code: Code) -> Iterator[Piece]:
    """Yield what the team has written down for whoever works on the repository."""
    paths = code.paths()
    for path, reason in SETTINGS_OF_TEAM.items():
        text = code.text(path).strip() if path in paths else ""
        if text:
            lines = lines_of(text)
            yield Piece(Part.SETTING, path, reason, text, 1, len(lines))


def words_of(text: str) -> dict[str, int]:
    """Return the words of a text, parts of identifiers too, in lower case, with how often each stands there."""
    found: dict[str, int] = {}
    for word in WORD.findall(text):
        for part in {word, *_PARTS.findall(word)}:
            if len(part) > 3:
                found[part.lower()] = found.get(part.lower(), 0) + 1
    return found


def lines_of(text: str) -> list[str]:
    """Return the lines as parsers count them: form feeds and the like end none."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _th(rank: int) -> str:
    ending = "th" if 10 < rank % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{ending}"
