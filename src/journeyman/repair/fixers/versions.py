"""Places of one repository that name its version, and a change log, brought to say the same."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

import msgspec

from journeyman.repair.fixers.contract import Case, Proposal
from journeyman.repair.protected import is_test_file
from journeyman.repair.spans import Splice, spliced

_NUMBER = r"\d+\.\d+(?:\.\d+)*(?:(?:a|b|rc|\.dev|\.post|-[a-z]+\.?)\d*)?"
_ABOUT = re.compile(r"version|changelog|release", re.I)

PLACES = (
    (re.compile(r"^(?:\w+/)?pyproject\.toml$"), rf'^\[(?:project|tool\.poetry)\][^\[]*?^version\s*=\s*"({_NUMBER})"'),
    (re.compile(r"^setup\.cfg$"), rf"^\[metadata\][^\[]*?^version\s*=\s*({_NUMBER})\s*$"),
    (re.compile(r"^setup\.py$"), rf"\bversion\s*=\s*['\"]({_NUMBER})['\"]"),
    (re.compile(r"(?:^|/)(?:__init__|__version__|__about__|_?version|_?release|_?about|_?meta(?:data)?)\.py$"),
     rf"^(?:__version__|__VERSION__|_?VERSION|_?version|_?RELEASE|_?release)\s*(?::\s*\w+\s*)?=\s*['\"]({_NUMBER})['\"]"),
    (re.compile(r"^package\.json$"), rf'^\s*"version"\s*:\s*"({_NUMBER})"'),
    (re.compile(r"^package-lock\.json$"), rf'\A\s*\{{\s*"name"[^{{]*?"version"\s*:\s*"({_NUMBER})"'),
    (re.compile(r"^package-lock\.json$"),
     rf'^\s*"packages"\s*:\s*\{{\s*""\s*:\s*\{{[^{{}}]*?"version"\s*:\s*"({_NUMBER})"'),
    (re.compile(r"^uv\.lock$"), rf'^version = "({_NUMBER})"\nsource = \{{ (?:editable|virtual) = "\."'),
    (re.compile(r"^Cargo\.toml$"), rf'^\[package\][^\[]*?^version\s*=\s*"({_NUMBER})"'),
    (re.compile(r"^docs/(?:source/)?conf\.py$"), rf"^release\s*=\s*['\"]({_NUMBER})['\"]"),
    (re.compile(r"^CITATION\.cff$"), rf"^version:\s*['\"]?({_NUMBER})"),
    (re.compile(r"^VERSION(?:\.txt)?$"), rf"\A({_NUMBER})\s*\Z"),
)  # fmt: skip
_CHANGES = re.compile(r"^(?:CHANGELOG|CHANGES|HISTORY|NEWS)(?:\.md)?$", re.I)
_UNRELEASED = re.compile(r"^(#+ )(\[?)unreleased(\]?)[ \t]*\n(?=(?:\s*(?!#+ \[?\d).*\n)*?\s*[-*] )", re.I | re.M)
_RELEASED = re.compile(rf"^#+ \[?v?({_NUMBER})\]?([^\n]*)$", re.M)


class Place(msgspec.Struct, frozen=True):
    """Where a file names the version: from `start` to `end` of its text."""

    path: str
    version: str
    start: int
    end: int


class Versions:
    """Writes the highest of the versions that a repository names to all places, and into its change log."""

    name = "versions and change log"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal]:
        if not _ABOUT.search(case.words()):
            return
        places = await _places(case)
        logs = [path for path in case.tree.paths if _CHANGES.match(path)]
        released = [found[1] for path in logs if (found := _RELEASED.search(await case.tree.text(path) or ""))]
        named = sorted({place.version for place in places}, key=_rank, reverse=True)
        ahead = [version for version in released if named and _rank(version) > _rank(named[0])]
        known = [*ahead[:1], *named]
        for version in known if len(known) > 1 else ():
            if sum(each in case.words() for each in known) > 1:
                yield await _agreed(case, places, version)
        for path in logs:
            new = await _released(case, await case.tree.text(path) or "", named[0]) if len(named) == 1 else None
            if new:
                yield Proposal(f"{named[0]} in {path}: what was unreleased", {path: new})


async def _places(case: Case) -> list[Place]:
    found = []
    for path in case.tree.paths:
        for name, pattern in PLACES:
            text = await case.tree.text(path) if name.search(path) and not is_test_file(path) else None
            if text and (seen := re.search(pattern, text, re.M | re.S)):
                found.append(Place(path, seen[1], seen.start(1), seen.end(1)))
    return found


async def _agreed(case: Case, places: list[Place], version: str) -> Proposal:
    splices: dict[str, list[Splice]] = {}
    for place in places:
        if place.version != version:
            splices.setdefault(place.path, []).append(Splice(place.start, place.end, version))
    texts = {path: spliced(await case.tree.text(path) or "", edits) for path, edits in splices.items()}
    return Proposal(f"version {version} in {', '.join(sorted(texts))}", texts)


async def _released(case: Case, text: str, version: str) -> str | None:
    """Return a change log in which what is unreleased is released as a version; None if there is nothing to release,
    for what a release holds only a person can say."""
    heading, before = _UNRELEASED.search(text), _RELEASED.search(text)
    if heading is None or re.search(rf"^#+ \[?v?{re.escape(version)}\b", text, re.M):
        return None
    dated = before is not None and bool(re.search(r"\d{4}-\d\d-\d\d", before[2]))
    _, today = await case.tree.shell.run("date -u +%F") if dated else (0, "")
    apart = re.match(r"\W*", before[2].lstrip("]")) if before else None
    date = f"{apart[0] if apart else ' - '}{today.strip()}" if dated else ""
    release = f"{heading[1]}{heading[2]}{version}{heading[3]}{date.rstrip(')')}"
    closing = ")" if "(" in date else ""
    return f"{text[: heading.end()]}\n{release}{closing}\n{text[heading.end() :]}"


def _rank(version: str) -> tuple[list[int], bool, str]:
    """Return what sorts versions: by numbers, a release after what came before it."""
    numbers = re.match(r"[\d.]+", version)
    digits = [int(part) for part in (numbers[0] if numbers else "0").strip(".").split(".")]
    return digits, bool(re.fullmatch(r"[\d.]+", version)), version
