"""The suspects in order: functions of the repository first, then the lines in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from journeyman.repair.localisation.formulas import Counts, combined
from journeyman.repair.localisation.spectrum import SeenTest, Spectrum
from journeyman.repair.localisation.units import Module, Unit, Uses

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_COMMON = frozenset({"test", "tests", "get", "set", "is", "to", "of", "the", "a", "an", "in", "for", "and", "with"})


class Weights(msgspec.Struct, frozen=True):
    """What counts for a function besides its most suspicious line, which counts 1.

    `mean`: that of its lines · `frames`: the failing tests' tracebacks end in it · `names`: the tests speak of it ·
    `near`: the tests call it directly · `recent`: it was changed lately · `size`: taken off for each factor of ten in
    lines · `binding`: factor for what only binds a name.
    """

    mean: float = 0.2
    frames: float = 0.3
    names: float = 0.25
    near: float = 0.1
    recent: float = 0.2
    size: float = 0.03
    binding: float = 0.7


WEIGHTS = Weights()


class Weighed(msgspec.Struct, frozen=True):
    """A unit with its rank's reasons: each feature from 0 to 1, before the weights."""

    unit: Unit
    score: float
    mask: int
    features: Mapping[str, float]


class Ranking:
    """Ranks the functions and lines of a spectrum. `recent`: lines changed lately, by path."""

    def __init__(
        self,
        spectrum: Spectrum,
        modules: Mapping[str, Module],
        recent: Mapping[str, frozenset[int]],
        weights: Weights = WEIGHTS,
    ) -> None:
        self._spectrum = spectrum
        self._modules = modules
        self._recent = recent
        self._weights = weights
        self._speech = [Speech(test) for test in spectrum.failing]

    @cached_property
    def units(self) -> tuple[Weighed, ...]:
        """The suspect functions and bindings, most suspicious first."""
        found = [*self._functions(), *self._bindings()]
        return tuple(sorted(found, key=lambda each: (-each.score, each.unit.path, each.unit.first)))

    def _functions(self) -> Iterator[Weighed]:
        for path, module in self._modules.items():
            for unit, node in module.functions:
                body = range(node.body[0].lineno, unit.last + 1)
                masks = [self._spectrum.hits[path, line] for line in body if (path, line) in self._spectrum.hits]
                if masks:
                    yield self._weighed(unit, masks)

    def _bindings(self) -> Iterator[Weighed]:
        uses = Uses(self._modules, self._spectrum.hits)
        for module in self._modules.values():
            for unit, _ in module.bindings:
                mask = uses.of(unit)
                if self._spectrum.counts(mask).hit_failing:
                    weighed = self._weighed(unit, [mask])
                    yield msgspec.structs.replace(weighed, score=weighed.score * self._weights.binding)

    def _weighed(self, unit: Unit, masks: list[int]) -> Weighed:
        values = [combined(self._spectrum.counts(mask)) for mask in masks]
        union = 0
        for mask in masks:
            union |= mask
        weights = self._weights
        run_by = [number for number in range(len(self._spectrum.failing)) if union >> number & 1]
        features = {
            "most": max(values),
            "mean": sum(values) / len(values),
            "frames": sum(_in_frames(unit, self._spectrum.failing[number]) for number in run_by)
            / max(1, len(run_by)),
            "names": sum(self._speech[number].of(unit) for number in run_by) / max(1, len(run_by)),
            "near": 1 / self._spectrum.depths.get((unit.path, unit.first), 3),
            "recent": float(bool(self._recent.get(unit.path, frozenset()) & set(range(unit.first, unit.last + 1)))),
        }
        score = features["most"] + sum(
            getattr(weights, name) * value for name, value in features.items() if name != "most"
        )
        return Weighed(unit, score - weights.size * len(str(unit.last - unit.first + 1)), union, features)

    @cached_property
    def lines(self) -> tuple[tuple[Unit, int, int, float], ...]:
        """The suspect lines as (unit, line, tests as bits, score), most suspicious first."""
        ends = {test.frames[-1] for test in self._spectrum.failing if test.frames}
        found = []
        for weighed in self.units:
            for line, mask in self._lines_of(weighed):
                weight = self._modules[weighed.unit.path].weights.get(line, 0)
                binds = weighed.unit.binds or line in weighed.unit.defaults
                value = combined(self._spectrum.counts(mask)) * (self._weights.binding if binds else 1)
                bonus = 0.2 * ((weighed.unit.path, line) in ends) + 0.05 * min(weight, 10) / 10
                found.append((weighed.unit, line, mask, value + 0.5 * weighed.score + bonus))
        return tuple(sorted(found, key=lambda each: (-each[3], each[0].path, each[1])))

    def _lines_of(self, weighed: Weighed) -> Iterable[tuple[int, int]]:
        unit, hits = weighed.unit, self._spectrum.hits
        if unit.binds:
            return [(unit.first, weighed.mask)]
        body = {line: hits[unit.path, line] for line in range(unit.first, unit.last + 1) if (unit.path, line) in hits}
        return (dict.fromkeys(unit.defaults, weighed.mask) | body).items()

    def counts(self, mask: int) -> Counts:
        """Return how many tests some bits stand for."""
        return self._spectrum.counts(mask)


class Speech:
    """What a failing test says: its name and docstring, and the message of its failure."""

    def __init__(self, test: SeenTest) -> None:
        name = test.name.partition("[")[0]
        inside = name.partition("::")[2] if "::" in name else ".".join(name.split(".")[-2:])
        self._named = frozenset(_IDENTIFIER.findall(f"{inside} {test.words}"))
        self._words = words_of(f"{inside} {test.words}")
        self._raised = frozenset(_IDENTIFIER.findall(test.raised))

    def of(self, unit: Unit) -> float:
        """Return how much of a unit's name the test says, from 0 to 1."""
        owner, _, name = unit.name.rpartition(".")
        if name in self._named:
            return 1.0
        words = words_of(f"{owner} {name}" if name.startswith("__") else name)
        said = 0.8 * len(words & self._words) / len(words) if words else 0.0
        return max(said, 0.4 if name in self._raised else 0.0)


def words_of(text: str) -> frozenset[str]:
    """Return the words in identifiers, in lower case, those left out that say nothing."""
    return frozenset(word.lower() for word in _WORD.findall(text)) - _COMMON


def _in_frames(unit: Unit, test: SeenTest) -> float:
    """Return how near to the end of a test's traceback a unit stands: 1 at the end, 1/2 one before it."""
    places = [n for n, (path, line) in enumerate(reversed(test.frames)) if _covers(unit, path, line)]
    return 1 / (1 + places[0]) if places else 0.0


def _covers(unit: Unit, path: str, line: int) -> bool:
    return unit.path == path and unit.first <= line <= unit.last
