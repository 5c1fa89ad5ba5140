"""Finds out what is known to fail, and whether that is still to be believed. Runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from journeyman.domain.errors import BadRequest
from journeyman.domain.failing import Failing

NOTED = ".pytest_cache/v/cache/lastfailed"
"""Where pytest keeps the tests that failed in its last runs."""

MOST = 200


class _Left(msgspec.Struct):
    check: str
    what: str


class _Place(msgspec.Struct):
    check: str
    message: str
    path: str = ""
    line: int = 0


class _Fixed(msgspec.Struct):
    """What counts of the object that `journeyman fix --json` prints."""

    left: list[_Left]
    diagnoses: list[_Place] = []


def failing_in(text: bytes, name: str) -> list[Failing]:
    """Return what the object of `journeyman fix --json` says still fails. BadRequest if it is none."""
    try:
        fixed = msgspec.json.decode(text, type=_Fixed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest("--results", f"{name}: {error}", "give what journeyman fix --json printed") from None
    open_checks = {each.check for each in fixed.left}
    places = [each for each in fixed.diagnoses if each.check in open_checks and each.path]
    told = {each.check for each in places}
    found = [Failing(each.check, f"in {name}", each.path, each.line, each.message) for each in places]
    return found + [
        Failing(each.check, f"in {name}", said=each.what) for each in fixed.left if each.check not in told
    ]


def known_failing(
    root: Path, failing: Sequence[Failing], noted: bytes | None, changed: Sequence[str]
) -> list[Failing]:
    """Return what is known to fail, the newest first; `noted` is what pytest keeps in the tree.

    What is older than the files that a change touches is marked.
    """
    edited = max((_edited(root / path) for path in changed), default=0.0)
    everything = [*failing, *_noted(noted or b"", _edited(root / NOTED))]
    first: dict[str, Failing] = {}
    for each in sorted(everything, key=lambda each: -each.when):
        first.setdefault(each.name, replace(each, old=each.old or 0 < each.when < edited))
    return list(first.values())


def _noted(text: bytes, when: float) -> Iterator[Failing]:
    try:
        tests = msgspec.json.decode(text, type=dict[str, bool])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    for name in list(tests)[:MOST]:
        yield Failing(name, "when pytest last ran it", name.partition("::")[0], when=when)


def _edited(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0
