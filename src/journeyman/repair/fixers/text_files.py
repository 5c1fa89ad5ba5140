"""Line ends, blanks, byte-order marks, tabs and file modes, as hooks, linters, git and shells complain of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import AsyncGenerator, Iterator
from enum import Enum

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.fixers.layout import Layout, layout_of
from journeyman.repair.fixers.whitespace import Fault, mended_text, same_code
from journeyman.repair.protected import is_test_file, same_meaning


class Mode(Enum):
    """What is wrong with a file's mode."""

    EXECUTABLE = "-x"
    NOT_EXECUTABLE = "+x"


_TELLING: tuple[tuple[re.Pattern[str], Fault | Mode], ...] = (
    (
        re.compile(r"trailing[- ](?:white)?spaces?|\b(?:W291|W293|C0303|MD009)\b|whitespace at end of line", re.I),
        Fault.TRAILING,
    ),
    (
        re.compile(
            r"no new ?line (?:character )?at (?:the )?end of (?:the )?file|(?:missing|no) (?:final|trailing|ending) "
            r"new ?line|new-line-at-end-of-file|does not end (?:with|in) a new ?line|not end with a newline"
            r"|no final newline|\b(?:W292|C0304|MD047)\b|eol-last",
            re.I,
        ),
        Fault.NO_END,
    ),
    (
        re.compile(
            r"new blank line at EOF|blank lines? at (?:the )?end of (?:the )?file|trailing new ?lines"
            r"|too many (?:blank lines|newlines) at (?:the )?end|multiple (?:final|trailing) newlines"
            r"|\b(?:W391|C0305)\b",
            re.I,
        ),
        Fault.BLANK_END,
    ),
    (
        re.compile(
            r"\bCRLF\b|\bCR/?LF\b|carriage return|\\r\\n|\\r'|\^M|\r|line[- ]?end(?:ing|e?r)?s?\b"
            r"|end of line character|wrong new line character|linebreak-style|DOS (?:line|format)|windows line",
            re.I,
        ),
        Fault.LINE_ENDS,
    ),
    (re.compile(r"byte[- ]?order[- ]?mark|\bBOM\b|U\+FEFF|\\ufeff|\ufeff", re.I), Fault.MARK),
    (
        re.compile(
            r"\btabs? (?:detected|found|character)|tabs instead of spaces|contains tabs|hard tabs?|no tabs allowed"
            r"|space before tab in indent|\b(?:W191|E101|W0312|MD010)\b|wrong indent(?:ation)? (?:type|style)",
            re.I,
        ),
        Fault.TABS,
    ),
    (
        re.compile(
            r"marked executable but|executable but has no|should not be executable|unexpected(?:ly)? executable", re.I
        ),
        Mode.EXECUTABLE,
    ),
    (
        re.compile(
            r"not (?:marked )?(?:as )?executable|missing (?:the )?exec(?:utable|ution)? (?:bit|permission)"
            r"|executable bit (?:is )?(?:not set|missing)|Permission denied|\bEXE001\b|chmod \+x",
            re.I,
        ),
        Mode.NOT_EXECUTABLE,
    ),
)
_PATH = re.compile(r"[\w@+~-]*[\w./@+~-]*[\w@+~-]")
_AT_LINE = re.compile(r"^:(\d+)")
_HEADING = re.compile(r"^\S.*?:?$")
_NUMBERED = re.compile(r"^\s+(\d+)(?:-(\d+))?:")


class TextFiles:
    """Sets right what is complained of in the files that are named, and nothing else in them."""

    name = "line ends, blanks and modes"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        faults, modes = complaints(case)
        if modes:
            yield await _modes(case, modes)
        layout = await layout_of(case.tree) if faults else Layout()
        for careful in (True, False):
            texts = {path: text async for path, text in _mended(case, faults, layout, careful=careful)}
            if texts:
                kinds = sorted({fault.value for found in faults.values() for fault in found})
                yield Proposal(f"{', '.join(kinds)} in {_named(texts)}", texts)


def complaints(case: Case) -> tuple[dict[str, dict[Fault, set[int]]], dict[str, Mode]]:
    """Return the faults by path, with the lines that are named (none: the whole file), and wrong modes by path."""
    faults: dict[str, dict[Fault, set[int]]] = {}
    modes: dict[str, Mode] = {}
    for words, places in _told(case):
        for pattern, fault in _TELLING:
            if not pattern.search(words):
                continue
            for path, lines in places:
                if isinstance(fault, Mode):
                    modes.setdefault(path, fault)
                else:
                    faults.setdefault(path, {}).setdefault(fault, set()).update(lines)
    return faults, modes


def _told(case: Case) -> Iterator[tuple[str, list[tuple[str, set[int]]]]]:
    """Yield each line of the output with the files it speaks of: those it names, else the one that heads it."""
    heading: list[tuple[str, set[int]]] = []
    for line in case.words().split("\n"):
        named = list(_places(case, line))
        if named and _HEADING.match(line) and line.rstrip("\r: ").endswith(named[-1][0]):
            heading = [(named[-1][0], set())]
        if named:
            yield line, named
        elif heading:
            numbered = _NUMBERED.match(line)
            lines = set(range(int(numbered[1]), int(numbered[2] or numbered[1]) + 1)) if numbered else set[int]()
            yield line, [(path, lines) for path, _ in heading]


def _places(case: Case, line: str) -> Iterator[tuple[str, set[int]]]:
    for found in _PATH.finditer(line):
        path = (
            case.tree.path_of(found[0]) if "." in found[0] or "/" in found[0] or found[0] in case.tree.paths else None
        )
        if path:
            number = _AT_LINE.match(line[found.end() :])
            yield path, {int(number[1])} if number else set()


async def _modes(case: Case, modes: dict[str, Mode]) -> Proposal:
    """Return the commands that set modes: a file is made executable only if it says what shall run it."""
    commands = []
    for path, mode in sorted(modes.items()):
        text = await case.tree.text(path) or ""
        if (mode is Mode.NOT_EXECUTABLE) is text.startswith("#!"):
            commands.append(f"chmod {mode.value} -- {shlex.quote(path)}")
    return Proposal(f"`{'; '.join(commands)}`", commands=tuple(commands))


async def _mended(
    case: Case, faults: dict[str, dict[Fault, set[int]]], layout: Layout, *, careful: bool
) -> AsyncGenerator[tuple[str, str]]:
    """Yield the files that come out otherwise; tests only if their meaning stays."""
    for path, found in sorted(faults.items()):
        old = await case.tree.text(path)
        if old is None:
            continue
        new = mended_text(old, path, found, layout.of(path), careful=careful)
        if new != old and (same_meaning(path, old, new) if is_test_file(path) else _may_change(path, old, new)):
            yield path, new


def _may_change(path: str, old: str, new: str) -> bool:
    """Tell whether a file stays what it was: a string of a program may want its blanks."""
    return not path.endswith((".py", ".pyi")) or same_code(old, new)


def _named(paths: dict[str, str]) -> str:
    names = sorted(paths)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
