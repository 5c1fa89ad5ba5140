"""Why a fault was not mended, as far as it can be told: where on the way from the tests to a patch it was lost."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from bench.faults.injecting import Case
from bench.faults.source import Fault
from journeyman.repair.laboratory.inside.search.queue import Place, Queue
from journeyman.repair.laboratory.inside.search.scene import Scene, scenes
from journeyman.repair.laboratory.inside.search.source import Edit, Source, edited

MOST_CANDIDATES = 8000
NEAR = 4
"""Lines between a fault and the edit that undoes it."""

MENDED = ""
NO_SEARCH, ORACLE, NOT_LOCALISED = "no search", "tests could not be traced", "function not suspected"
NO_TEMPLATE, NOT_REACHED, REFUSED = "no candidate", "not reached in time", "candidate refused"
CHOICES, UNDONE = "several patches that differ", "patch not kept"


def why(case: Case, answer: Mapping[str, Any] | None, choices: int, seconds: float, hurt: Path, whole: Path) -> str:
    """Return the reason. `answer` is what the search said last, `seconds` the mender's time, the paths the hurt file
    and the same as it was."""
    if answer is None:
        return NO_SEARCH
    if choices:
        return CHOICES
    if answer.get("error"):
        return ORACLE
    if answer.get("patches"):
        return UNDONE
    if any(f"{fault.path}:{fault.function}" not in answer.get("units", ()) for fault in case.edits):
        return NOT_LOCALISED
    before, after = Source(hurt.read_text()), Source(whole.read_text())
    if len(case.edits) == 1 and not in_reach(case.edits[0], before, after):
        return NO_TEMPLATE
    return NOT_REACHED if answer["seconds"] > seconds / 2 else REFUSED


def in_reach(fault: Fault, hurt: Source, whole: Source) -> bool:
    """Tell whether one candidate of the templates gives a function back as it was."""
    was, now = (_scene(source, fault) for source in (whole, hurt))
    if was is None or now is None:
        return False
    lines = dict.fromkeys(range(now.unit.first_line, now.unit.last_line + 1), 1.0)
    for candidate in islice(Queue([Place(0, now, lines, 1.0)], {}), MOST_CANDIDATES):
        edit = candidate.edits[0][1]
        if abs(edit.line - fault.line) <= NEAR and _meaning(now, [edit]) == _meaning(was, []):
            return True
    return False


def _scene(source: Source, fault: Fault) -> Scene | None:
    return next((scene for scene in scenes(fault.path, source) if scene.unit.title == fault.function), None)


def _meaning(scene: Scene, edits: list[Edit]) -> str:
    """Return the tree of a function with some edits; "" if it has none."""
    unit, text = scene.unit, scene.source.text
    column = unit.start - (text.rfind("\n", 0, unit.start) + 1)
    moved = [edit._replace(start=edit.start - unit.start, end=edit.end - unit.start) for edit in edits]
    whole = " " * column + edited(text[unit.start : unit.end], moved)
    try:
        return ast.dump(ast.parse(f"if 1:\n{whole}" if column else whole))
    except (SyntaxError, ValueError):
        return ""
