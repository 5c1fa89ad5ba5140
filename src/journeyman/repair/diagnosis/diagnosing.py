"""From bytes to diagnoses, in one pass and bounded memory: find lines worth a look, try the rules, weigh."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import BinaryIO

from journeyman.domain.diagnoses import Category, Diagnosis
from journeyman.repair.diagnosis.lines import Line, cleaned, foreign, repository_path
from journeyman.repair.diagnosis.rules import STEMS, Rule, rules
from journeyman.repair.diagnosis.weighing import Sighting, weighed

BLOCK = 1 << 20
LONGEST_LINE = 1 << 16
"""Bytes of an unfinished line that are kept: a progress bar may be all of a log."""
ABOVE, BELOW = 60, 25
"""Lines around a telling line in which its place is looked for."""
MOST_OF_A_CATEGORY = 1_000
MOST_ALIKE = 100
"""Lines that differ in digits only are not looked at any more after so many."""
MOST_SHAPES = 50_000

LOOKS, LOOKS_OF_A_BLOCK = 40_000, 1_200
"""Lines that are looked at, of any log and more for each of its blocks: a log of nothing but errors must end too."""

_STEMS = tuple(stem.encode() for stem in STEMS)
_DIGITS = b"0123456789"

Patterns = tuple[re.Pattern[str], ...]


def diagnose_text(text: str) -> tuple[Diagnosis, ...]:
    """Return what the output of a check tells of failures; the likeliest cause first. Never raises."""
    scan = _Scan()
    scan.take(text.encode("utf-8", "replace").split(b"\n"), last=True)
    return weighed(scan.sightings)


def diagnose_log(stream: BinaryIO) -> tuple[Diagnosis, ...]:
    """Return what a log tells of failures, the likeliest cause first; () if it tells of none.

    Reads the stream once, to its end, in bounded memory, whatever the bytes are. Raises only what reading raises.
    """
    scan = _Scan()
    for lines in _blocks(stream):
        scan.take(lines)
    scan.take([], last=True)
    return weighed(scan.sightings)


def _blocks(stream: BinaryIO) -> Iterator[list[bytes]]:
    rest = b""
    while block := stream.read(BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        rest = rest[-LONGEST_LINE:]
        yield lines
    yield [rest]


class _Scan:
    """Goes through the lines of one log. Keeps the lines around the last ones looked at, and what was sighted."""

    def __init__(self) -> None:
        self.sightings: list[Sighting] = []
        self._counts: Counter[Category] = Counter()
        self._lines: list[bytes] = []
        self._first = 1  # the number of the first line kept
        self._tried = 0  # how many of the kept lines were looked at
        self._looks = LOOKS
        self._shapes: dict[int, int] = {}

    def take(self, lines: list[bytes], last: bool = False) -> None:
        """Look at more lines; those of the end wait for the lines below them, unless these are the last."""
        self._lines += lines
        self._looks += LOOKS_OF_A_BLOCK
        end = len(self._lines) if last else max(len(self._lines) - BELOW, self._tried)
        page = _Page(self._lines)
        for index in _telling(self._lines, self._tried, end):
            self._look(page, index)
        drop = max(end - ABOVE, 0)
        del self._lines[:drop]
        self._first += drop
        self._tried = end - drop

    def _look(self, page: _Page, index: int) -> None:
        shape = hash(self._lines[index].translate(None, _DIGITS))
        seen = self._shapes.get(shape, 0)
        if seen >= MOST_ALIKE or not self._looks:
            return
        self._looks -= 1
        if len(self._shapes) < MOST_SHAPES:
            self._shapes[shape] = seen + 1
        if found := self._sighting(page, index):
            self._counts[found.category] += 1
            self.sightings.append(found)

    def _sighting(self, page: _Page, index: int) -> Sighting | None:
        text = page.line(index).text
        for rule in _rules_for(text.lower()):
            found = rule.pattern.search(text)
            if found is None:
                continue
            if rule.category is None or self._counts[rule.category] >= MOST_OF_A_CATEGORY:
                return None
            groups = found.groupdict()
            path, line = _place(groups) or page.near(index, rule)
            if rule.placed and not path:
                continue
            line = line or _number(groups)
            message = f"{(groups.get('message') or text).strip()} {page.said(index, rule)}".strip()[:300]
            number = self._first + index
            return Sighting(
                rule.category, rule.confidence, path, line, message, number, text.strip()[:300], rule.guess
            )
        return None


@cache
def _by_anchor() -> tuple[tuple[str, tuple[int, ...]], ...]:
    anchors = sorted({anchor for rule in rules() for anchor in rule.anchors})
    return tuple(
        (anchor, tuple(at for at, rule in enumerate(rules()) if anchor in rule.anchors)) for anchor in anchors
    )


def _rules_for(lowered: str) -> list[Rule]:
    """Return the rules of which an anchor is in a line, in their order."""
    present = {at for anchor, places in _by_anchor() if anchor in lowered for at in places}
    return [rules()[at] for at in sorted(present)]


class _Page:
    """Lines at hand, cleaned when one asks for them."""

    def __init__(self, lines: list[bytes]) -> None:
        self._raw = lines
        self._clean: dict[int, Line] = {}

    def line(self, index: int) -> Line:
        """Return a line, cleaned."""
        found = self._clean.get(index)
        if found is None:
            found = self._clean[index] = cleaned(self._raw[index])
        return found

    def said(self, index: int, rule: Rule) -> str:
        """Return what a message goes on with in the next line; "" for nothing."""
        if rule.said is None or index + 1 >= len(self._raw) or self.line(index + 1).lane != self.line(index).lane:
            return ""
        found = rule.said.search(self.line(index + 1).text)
        return found[0].strip() if found else ""

    def near(self, index: int, rule: Rule) -> tuple[str, int]:
        """Return the place that the lines below or above name in the same lane; ("", 0) if none does."""
        below = range(index + 1, min(index + 1 + BELOW, len(self._raw)))
        above = range(index - 1, max(index - 1 - ABOVE, -1), -1)
        for patterns, indexes in ((rule.below, below), (rule.above, above)):
            if patterns and (place := self._first_place(index, patterns, indexes)):
                return place
        return "", 0

    def _first_place(self, index: int, patterns: Patterns, indexes: range) -> tuple[str, int] | None:
        lane, without_line = self.line(index).lane, None
        for other in indexes:
            line = self.line(other)
            if line.lane != lane or not line.text:
                continue
            for pattern in patterns:
                if (found := pattern.search(line.text)) and (place := _place(found.groupdict())):
                    if place[1]:
                        return place
                    without_line = without_line or place
        return without_line


def _place(groups: dict[str, str | None]) -> tuple[str, int] | None:
    path = groups.get("path")
    if not path:
        return None
    path = repository_path(path)
    return None if foreign(path) else (path[:300], _number(groups))


def _number(groups: dict[str, str | None]) -> int:
    line = groups.get("line") or groups.get("line2") or ""
    return int(line) if line.isascii() and line.isdigit() and len(line) < 10 else 0


def _telling(lines: list[bytes], start: int, end: int) -> list[int]:
    """Return the indexes of lines with a stem of a rule's anchor: quick, as most lines of a log have none."""
    if start >= end:
        return []
    part = lines[start:end]
    text = b"\n".join(part).lower()
    starts = [0, *accumulate(len(line) + 1 for line in part)]
    found: set[int] = set()
    for stem in _STEMS:
        at = text.find(stem)
        while at >= 0:
            index = bisect_right(starts, at) - 1
            found.add(index)
            at = text.find(stem, starts[index + 1])
    return [start + index for index in sorted(found)]
