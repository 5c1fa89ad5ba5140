"""Candidates, most promising first: the template's prior times the line's suspicion. Each is made when it is due."""

from __future__ import annotations

import ast
import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .scene import Scene
from .source import Edit
from .table import RULES, Rule
from .weighing import weighed

OUTSIDE = 0.6
"""Share of a line's suspicion that falls on a constant it mentions, and of a function's on its head."""


class Candidate(NamedTuple):
    """Edits, each with the number of its unit, and how promising they are together; a single one with its rule."""

    edits: tuple[tuple[int, Edit], ...]
    score: float
    rule: str = ""


class Place(NamedTuple):
    """A scene under its number, with the suspicion of its lines."""

    number: int
    scene: Scene
    lines: Mapping[int, float]
    whole: float

    def weight(self, node: Any) -> float:
        """Return how suspicious a node is; one without a line of its own counts as its statement."""
        if not self.scene.unit.function:
            return self.whole
        while not hasattr(node, "lineno") and node in self.scene.parents:
            node = self.scene.parents[node]
        if node.lineno < self.scene.body_lines.start or node is self.scene.node:
            return self.whole * OUTSIDE
        own = self.lines.get(node.lineno)
        while own is None and not isinstance(node, ast.stmt) and node in self.scene.parents:
            node = self.scene.parents[node]
            own = self.lines.get(getattr(node, "lineno", 0))
        return own or 0.0


class Queue:
    """Yields single edits, each text once. Nothing is made before its bound is the highest.

    `weights`: how much likelier than its priors say a rule is, by name. They say when a candidate is tried; beside
    others that pass it counts by its score, since the edits of one rule are too unlike for one weight.
    """

    def __init__(self, places: Sequence[Place], weights: Mapping[str, float]) -> None:
        self._weights = weights
        self._count = itertools.count()
        self._seen: set[tuple[int, int, int, str]] = set()
        most = max((rule.most * self._weight(rule) for rule in RULES), default=1.0)
        self._heap: list[tuple[float, int, Any]] = [
            (-most * place.whole, next(self._count), place) for place in places if place.whole
        ]
        heapq.heapify(self._heap)

    def __iter__(self) -> Iterator[Candidate]:
        while self._heap:
            _, _, item = heapq.heappop(self._heap)
            if isinstance(item, Candidate):
                yield item
            elif isinstance(item, Place):
                for node in item.scene.nodes:
                    self._add_rules(item, node)
            else:
                self._add_edits(*item)

    def _weight(self, rule: Rule) -> float:
        return self._weights.get(rule.name, 1.0)

    def _push(self, score: float, item: Any) -> None:
        heapq.heappush(self._heap, (-score, next(self._count), item))

    def _add_rules(self, place: Place, node: ast.AST) -> None:
        weight = place.weight(node)
        if weight and (place.scene.unit.function or not isinstance(node, ast.stmt)):
            for rule in _rules(type(node)):
                self._push(rule.most * weight * self._weight(rule), (place, node, rule, weight))

    def _add_edits(self, place: Place, node: ast.AST, rule: Rule, weight: float) -> None:
        text = place.scene.source.text
        first = place.scene.source.span(place.scene.node)[0]
        for edit in rule.make(place.scene, node):
            key = (place.number, edit.start, edit.end, edit.text)
            if key in self._seen or text[edit.start : edit.end] == edit.text or edit.prior <= 0:
                continue
            if edit.start < first and not isinstance(node, ast.expr):
                continue
            self._seen.add(key)
            score = weighed(place.scene, edit) * weight
            self._push(score * self._weight(rule), Candidate(((place.number, edit),), score, rule.name))


_BY_TYPE: dict[type, tuple[Rule, ...]] = {}


def _rules(kind: type) -> tuple[Rule, ...]:
    if kind not in _BY_TYPE:
        _BY_TYPE[kind] = tuple(rule for rule in RULES if issubclass(kind, rule.kinds))
    return _BY_TYPE[kind]


def pairs(singles: Sequence[Candidate], texts: Mapping[int, Scene]) -> Iterator[Candidate]:
    """Yield pairs of edits of one statement and its neighbours, the likeliest first."""
    heap: list[tuple[float, int, int]] = []
    for first in range(len(singles)):
        if first + 1 < len(singles):
            heap.append((-singles[first].score * singles[first + 1].score, first, first + 1))
    heapq.heapify(heap)
    while heap:
        score, first, second = heapq.heappop(heap)
        if second + 1 < len(singles):
            heapq.heappush(heap, (-singles[first].score * singles[second + 1].score, first, second + 1))
        if compatible(singles[first], singles[second], texts, near=True):
            yield Candidate(singles[first].edits + singles[second].edits, -score)


def compatible(one: Candidate, other: Candidate, texts: Mapping[int, Scene], near: bool) -> bool:
    """Tell whether two single edits can be made together; `near`: within one function, a few lines apart."""
    (unit, first), (unit_of_other, second) = one.edits[0], other.edits[0]
    if near and (unit != unit_of_other or abs(first.line - second.line) > NEIGHBOURHOOD):
        return False
    if texts[unit].unit.path != texts[unit_of_other].unit.path:
        return True
    return first.end < second.start or second.end < first.start or (first.end <= second.start and first.text != "")


NEIGHBOURHOOD = 3
"""Lines between two edits of a pair."""
