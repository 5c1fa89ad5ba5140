"""Candidates in the order of prior times suspiciousness."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from journeyman.repair.search.edits import Edit
from journeyman.repair.search.expressions import EXPRESSIONS
from journeyman.repair.search.scope import Scene, Unit
from journeyman.repair.search.statements import STATEMENTS

Suspicion = Mapping[str, Mapping[int, float]]
"""How suspicious each line of each file is, from 0 to 1."""


class Candidate(msgspec.Struct, frozen=True):
    """An edit of a unit and how promising it is."""

    unit: Unit
    edit: Edit
    score: float


def ochiai(lines: Mapping[str, Mapping[str, tuple[list[int], int]]], targets: frozenset[int]) -> Suspicion:
    """Return the suspicion of each line that a target runs: near 1 if the targets run it and no passing test."""
    found: dict[str, dict[int, float]] = {}
    for path, table in lines.items():
        for line, (failing, passing) in table.items():
            hit = len(targets & set(failing))
            if hit:
                found.setdefault(path, {})[int(line)] = hit / math.sqrt(len(targets) * (hit + passing))
    return found


def suspicion_of(scene: Scene, lines: Mapping[int, float]) -> float:
    """Return how suspicious a function is: as much as its most suspicious line, its own `def` left out."""
    return max((value for line, value in lines.items() if line in scene.body_lines), default=0.0)


def edits(scene: Scene) -> Iterator[Edit]:
    """Yield every edit the templates know for a function."""
    for node in ast.walk(scene.node):
        if isinstance(node, ast.expr):
            for expression in EXPRESSIONS:
                yield from expression(scene, node)
        elif isinstance(node, ast.stmt) and node is not scene.node:
            for statement in STATEMENTS:
                yield from statement(scene, node)


def candidates(scenes: Iterable[Scene], suspicion: Suspicion) -> list[Candidate]:
    """Return the candidates of some functions, most promising first, each text once."""
    found: dict[tuple[str, int, int, str], Candidate] = {}
    for scene in scenes:
        lines = suspicion.get(scene.unit.path, {})
        whole = suspicion_of(scene, lines)
        for edit in edits(scene):
            if scene.source.text[edit.start : edit.end] == edit.text or edit.start < scene.unit.start:
                continue
            score = edit.prior * _at(lines, edit.line, whole)
            key = (scene.unit.path, edit.start, edit.end, edit.text)
            if score and (key not in found or found[key].score < score):
                found[key] = Candidate(scene.unit, edit, score)
    return sorted(found.values(), key=lambda candidate: -candidate.score)


def _at(lines: Mapping[int, float], line: int, whole: float) -> float:
    """Return the suspicion of a line; one without code of its own counts as half its function."""
    return lines.get(line, whole / 2)
