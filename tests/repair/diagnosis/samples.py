"""Labelled logs: what tools really printed (run), are known to print (told), what public threads show (public).

`elsewhere`, `fresh` and `last` are logs of tools that no rule knew when they were labelled, each file after rules had
been made on those before it; `anew` has other words of known tools. Rules were made on all of them since. What was
right at first sight: docs/diagnosis.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from journeyman.domain.diagnoses import Diagnosis

HERE = Path(__file__).parent
MADE_ON = ("public", "elsewhere", "fresh", "last", "anew")
_LABEL = re.compile(r"(?P<category>[a-z][a-z -]*?)(?: (?P<path>[^ :]*[./A-Z][^ :]*)(?::(?P<line>\d+))?)?")
_SAMPLE = re.compile(r"(?ms)^#### (\S+) \| ([^\n]*)\n(.*?)(?=^#### |\Z)")


class Sample(NamedTuple):
    """A log and its labels: categories that are right; the first one's place. `held_out`: no rule was made on it."""

    name: str
    categories: frozenset[str]
    path: str
    line: int
    text: str

    @property
    def held_out(self) -> bool:
        return self.name.partition("-")[0] not in MADE_ON and crc32(self.name.encode()) % 3 == 0


def samples() -> list[Sample]:
    """Return all samples. A label is `category [path[:line]]`, alternatives after `;`."""
    texts = (
        (HERE / name).read_text()
        for name in ("run.txt", "told.txt", "public.txt", "elsewhere.txt", "fresh.txt", "last.txt", "anew.txt")
    )
    return [_sample(*found) for text in texts for found in _SAMPLE.findall(text)]


def _sample(name: str, label: str, text: str) -> Sample:
    words = [_LABEL.fullmatch(each.strip()) for each in label.split(";")]
    known = [each for each in words if each]
    assert len(known) == len(words), f"{name}: {label}"
    path, line = next(((each["path"], each["line"]) for each in known if each["path"]), ("", None))
    return Sample(name, frozenset(each["category"] for each in known), path, int(line or 0), text)


class Score(NamedTuple):
    """How well logs were told: `wrong` of `logs`, `misplaced` of `placed`."""

    logs: int
    wrong: int
    placed: int
    misplaced: int
    diagnoses: int
    calibration_error: float
    names: tuple[str, ...]

    @property
    def accuracy(self) -> float:
        """The share of logs that are told right."""
        return 1 - self.wrong / max(self.logs, 1)

    @property
    def places(self) -> float:
        """The share of places that are right, of the logs told right that name one."""
        return 1 - self.misplaced / max(self.placed, 1)


def score(logs: Iterable[Sample], diagnose: Callable[[str], tuple[Diagnosis, ...]]) -> Score:
    """Compare labels with what is told. A log is told by its first diagnosis, if that is likelier than not."""
    wrong, misplaced, placed, told = [], 0, 0, []
    logs = list(logs)
    for sample in logs:
        found = diagnose(sample.text)
        told += [(each.confidence, each.category in sample.categories) for each in found]
        first = found[0].category if found and found[0].confidence >= 50 else "none"
        if first not in sample.categories:
            wrong.append(sample.name)
        elif sample.path:
            placed += 1
            misplaced += found[0].path != sample.path or (sample.line > 0 and found[0].line != sample.line)
    return Score(len(logs), len(wrong), placed, misplaced, len(told), calibration_error(told), tuple(wrong))


def calibration_error(told: Iterable[tuple[int, bool]]) -> float:
    """Return the expected calibration error: how far confidence and truth are apart, in ten bins of confidence."""
    bins = defaultdict(list)
    for confidence, right in told:
        bins[min(confidence // 10, 9)].append(confidence / 100 - right)
    count = sum(map(len, bins.values()))
    return sum(abs(sum(each)) for each in bins.values()) / max(count, 1)
