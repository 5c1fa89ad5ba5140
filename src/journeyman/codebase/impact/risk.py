"""How risky a change is, and why. Pure: the weights are in one place, and each reason is told with its figure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from journeyman.codebase.history import Past
from journeyman.codebase.impact.contract import ChangeOf, Interface, Risk, Touched
from journeyman.codebase.paths import is_aside, is_test

MEDIUM, HIGH = 3.0, 6.0
"""Points from which on a change is of that risk."""

MANY_CALLERS, FEW_CALLERS = 10, 4
OFTEN_CHANGED = 0.9
"""The share of files that are changed less often."""

LEAST_CHANGES = 4
OFTEN_MENDED = 3
LARGE = 300
"""Lines of a large change."""

_MENDING = frozenset({"fix", "bug", "regression", "crash", "defect", "fault", "revert", "hotfix", "broken", "repair"})
_SENSITIVE = re.compile(
    r"(?:^|[/_.-])(?:auth\w*|login|passw\w*|secret\w*|crypt\w*|token\w*|permission\w*|payment\w*|billing|security|migrations?)"
    r"(?:[/_.-]|$)",
    re.IGNORECASE,
)


class Facts(msgspec.Struct, frozen=True):
    """What a judgement of risk rests on. `size` counts lines of both sides that differ."""

    files: Mapping[str, ChangeOf]
    touched: tuple[Touched, ...]
    interfaces: tuple[Interface, ...]
    reached: int
    size: int
    past: Past
    doubts: tuple[str, ...]


def judge(facts: Facts) -> tuple[Risk, tuple[str, ...]]:
    """Return the level of risk and the reasons, the weightiest first."""
    reasons = [*_of_symbols(facts), *_of_past(facts), *_of_files(facts)]
    reasons.sort(key=lambda reason: -reason[0])
    points = sum(weight for weight, _ in reasons)
    level = Risk.HIGH if points >= HIGH else Risk.MEDIUM if points >= MEDIUM else Risk.LOW
    return level, tuple(words for _, words in reasons) or ("nothing that speaks of a risk was found",)


def _of_symbols(facts: Facts) -> list[tuple[float, str]]:
    found = []
    changed = [each for each in facts.touched if each.change is not ChangeOf.ADDED]
    busiest = max(changed, key=lambda each: each.callers, default=None)
    if busiest and busiest.callers >= FEW_CALLERS:
        weight = 3.0 if busiest.callers >= MANY_CALLERS else 1.5
        found.append((weight, f"fan-in: {busiest.place} is called from {busiest.callers} places"))
    if facts.interfaces:
        used = sum(len(each.callers) for each in facts.interfaces)
        gone = sum(not each.after for each in facts.interfaces)
        words = f"interface: public declarations that differ: {len(facts.interfaces)}" + (
            f", gone: {gone}" if gone else ""
        )
        found.append((3.0 if used else 2.0, f"{words}; {used} uses outside the change" if used else words))
    program = [each for each in facts.touched if _is_program(each) and each.change is not ChangeOf.REMOVED]
    bare = [each.place for each in program if not each.tests]
    if bare:
        share = len(bare) / len(program)
        named = ", ".join(bare[:3]) + (f" and {len(bare) - 3} more" if len(bare) > 3 else "")
        found.append((1.0 + 1.5 * share, f"missing tests: no test is known to reach {named}"))
    return found


def _is_program(each: Touched) -> bool:
    path = each.place.partition(":")[0]
    return each.kind in ("function", "method", "route") and not is_test(path) and not is_aside(path)


def _of_past(facts: Facts) -> list[tuple[float, str]]:
    counts, mends = _counted(facts.past)
    found = []
    program = [path for path in facts.files if not is_test(path)]
    often = sorted(counts.values())
    limit = max(often[int(len(often) * OFTEN_CHANGED)] if often else 0, LEAST_CHANGES)
    busiest = max(program, key=lambda path: counts.get(path, 0), default="")
    if busiest and counts.get(busiest, 0) >= limit:
        words = f"churn: {busiest} was changed in {counts[busiest]} of the last {len(facts.past.paths)} commits"
        found.append((1.5, words))
    worst = max(program, key=lambda path: mends.get(path, 0), default="")
    if worst and mends.get(worst, 0) >= OFTEN_MENDED:
        found.append((1.5, f"past defects: {mends[worst]} of the commits to {worst} mended something"))
    return found


def _counted(past: Past) -> tuple[dict[str, int], dict[str, int]]:
    """Return how often each path was changed, and how often to mend something."""
    counts: dict[str, int] = {}
    mends: dict[str, int] = {}
    for terms, paths in zip(past.terms, past.paths, strict=True):
        mending = not _MENDING.isdisjoint(terms)
        for path in paths:
            counts[path] = counts.get(path, 0) + 1
            mends[path] = mends.get(path, 0) + mending
    return counts, mends


def _of_files(facts: Facts) -> list[tuple[float, str]]:
    found = []
    if facts.size >= LARGE:
        found.append((1.5, f"size: {facts.size} lines differ in {len(facts.files)} files"))
    if sensitive := [path for path in facts.files if _SENSITIVE.search(path) and not is_test(path)]:
        found.append((1.5, f"sensitive: {sensitive[0]} is about access, money or stored data, by its name"))
    if facts.doubts:
        found.append((1.0, f"unsure reach: {facts.doubts[0]}"))
    return found
