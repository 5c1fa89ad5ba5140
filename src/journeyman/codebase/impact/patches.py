"""Reads a patch that somebody brings: against the tree as it stands, whether it is applied there or not."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from journeyman.domain.changes import Side
from journeyman.domain.errors import BadRequest

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_QUOTED = re.compile(rb"\\(?:([0-7]{3})|(.))")
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b'"': b'"', b"\\": b"\\"}
NOWHERE = b"/dev/null"

Read = Callable[[str], bytes | None]
"""Returns a file of the tree; None if it is not there."""


class Hunk(msgspec.Struct):
    """A piece of a patch: from which lines on, and the lines of both sides with their ends."""

    old_start: int
    new_start: int
    old: list[bytes] = []
    new: list[bytes] = []


class Patched(msgspec.Struct):
    """A file of a patch; a path is empty where the file is not there."""

    old_path: str
    new_path: str
    hunks: list[Hunk] = []


def sides_of(patch: bytes, read: Read) -> list[Side]:
    """Return what a patch changes. BadRequest if it is none, or fits the tree neither before nor after."""
    files = parse(patch)
    if not files and patch.strip():
        raise BadRequest("DIFF", "this is no unified diff", "give what `git diff` prints")
    found = []
    for file in files:
        found += _sides(file, read)
    return found


def _sides(file: Patched, read: Read) -> list[Side]:
    path = file.new_path or file.old_path
    lying_old = read(file.old_path) if file.old_path else None
    lying_new = read(file.new_path) if file.new_path else None
    old_lines, new_lines = (sum(len(side) for side in sides) for sides in _both(file))
    for exactly in (True, False):
        ahead = (
            _applied(file, lying_old or b"", back=False, exactly=exactly)
            if _may_be(file.old_path, lying_old)
            else None
        )
        back = (
            _applied(file, lying_new or b"", back=True, exactly=exactly)
            if _may_be(file.new_path, lying_new)
            else None
        )
        if ahead is not None and (back is None or old_lines >= new_lines):
            old, new = (lying_old if file.old_path else None), (ahead if file.new_path else None)
            break
        if back is not None:
            old, new = (back if file.old_path else None), (lying_new if file.new_path else None)
            break
    else:
        raise BadRequest("DIFF", f"it does not fit {path} as it is here", "check out what it was made for")
    if file.old_path and file.new_path and file.old_path != file.new_path:
        return [Side(file.old_path, old, None), Side(file.new_path, None, new)]
    return [Side(path, old, new)]


def _both(file: Patched) -> tuple[list[list[bytes]], list[list[bytes]]]:
    return [hunk.old for hunk in file.hunks], [hunk.new for hunk in file.hunks]


def _may_be(path: str, lying: bytes | None) -> bool:
    """Tell whether a side of a patch may be what lies in the tree: a file, or none."""
    return bool(path) == (lying is not None)


def _applied(file: Patched, content: bytes, *, back: bool, exactly: bool) -> bytes | None:
    """Return a content with the hunks applied, or taken back; None if they do not fit, `exactly` where they say."""
    lines = content.splitlines(keepends=True)
    made: list[bytes] = []
    at = 0
    for hunk in file.hunks:
        here, there = (hunk.new, hunk.old) if back else (hunk.old, hunk.new)
        stated = hunk.new_start if back else hunk.old_start
        start = _place(lines, here, stated - 1 if here else stated, at, 0 if exactly else len(lines))
        if start is None:
            return None
        made += lines[at:start] + there
        at = start + len(here)
    return b"".join(made + lines[at:])


def _place(lines: list[bytes], wanted: list[bytes], stated: int, first: int, farthest: int) -> int | None:
    """Return where lines stand, nearest to where they should, so far away at most."""
    for away in range(farthest + 1):
        for start in {stated - away, stated + away}:
            if first <= start <= len(lines) and lines[start : start + len(wanted)] == wanted:
                return start
    return None


def parse(patch: bytes) -> list[Patched]:
    """Return the files of a unified diff, git's extensions for renames and empty files included."""
    files: list[Patched] = []
    lines = patch.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith(b"diff --git "):
            files.append(_of_git(lines, at))
        elif line.startswith(b"--- ") and at + 1 < len(lines) and lines[at + 1].startswith(b"+++ "):
            old, new = _path(line[4:], b"a/"), _path(lines[at + 1][4:], b"b/")
            if not (files and not files[-1].hunks and old in (files[-1].old_path, "")):
                files.append(Patched(old, new, []))
            files[-1].old_path, files[-1].new_path = old, new
            at += 1
        elif files and (head := _HUNK.match(line)):
            at = _take_hunk(files[-1], head, lines, at + 1) - 1
        at += 1
    return [file for file in files if file.old_path or file.new_path]


def _of_git(lines: list[bytes], at: int) -> Patched:
    """Return a file by git's header: what stands there for files without hunks."""
    found = Patched("", "", [])
    names = re.match(rb'diff --git "?a/(.*?)"? "?b/(.*?)"?\r?\n?$', lines[at])
    if names:
        found.old_path, found.new_path = (_path(b"x/" + name, b"x/") for name in names.groups())
    for line in lines[at + 1 : at + 12]:
        if line.startswith((b"diff --git ", b"@@ ")):
            break
        if line.startswith(b"rename from "):
            found.old_path = _path(b"x/" + line[12:], b"x/")
        elif line.startswith(b"rename to "):
            found.new_path = _path(b"x/" + line[10:], b"x/")
        elif line.startswith(b"new file"):
            found.old_path = ""
        elif line.startswith(b"deleted file"):
            found.new_path = ""
    return found


def _path(named: bytes, prefix: bytes) -> str:
    name = named.rstrip(b"\r\n").partition(b"\t")[0]
    if name.startswith(b'"') and name.endswith(b'"') and len(name) > 1:
        name = _QUOTED.sub(lambda m: bytes([int(m[1], 8)]) if m[1] else _ESCAPES.get(m[2], m[2]), name[1:-1])
    if name == NOWHERE:
        return ""
    path = name.removeprefix(prefix).decode(errors="surrogateescape")
    if path.startswith("/") or ".." in path.split("/"):
        raise BadRequest("DIFF", f"{path} lies outside", "give a diff with paths below the repository")
    return path


def _take_hunk(file: Patched, head: re.Match[bytes], lines: list[bytes], at: int) -> int:
    """Add the hunk whose lines begin at `at`; returns where it ends."""
    counts = [int(head[number] or 1) if head[number] != b"0" else 0 for number in (2, 4)]
    hunk = Hunk(int(head[1]), int(head[3]), [], [])
    while at < len(lines) and (len(hunk.old) < counts[0] or len(hunk.new) < counts[1] or lines[at][:1] == b"\\"):
        mark, text = lines[at][:1], lines[at][1:]
        if mark == b"\\":
            for side in (hunk.old, hunk.new):
                if side and lines[at - 1][:1] in ((b"-", b" ") if side is hunk.old else (b"+", b" ")):
                    side[-1] = side[-1].rstrip(b"\r\n")
        elif mark in (b" ", b"\n", b"\r"):
            text = text if mark == b" " else lines[at]
            hunk.old.append(text)
            hunk.new.append(text)
        elif mark == b"-":
            hunk.old.append(text)
        elif mark == b"+":
            hunk.new.append(text)
        else:
            break
        at += 1
    file.hunks.append(hunk)
    return at
