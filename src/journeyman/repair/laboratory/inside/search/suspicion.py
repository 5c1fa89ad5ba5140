"""How suspicious lines and functions are, by which tests run them, where these failed and what they speak of."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .scene import Unit

FRAMES = 0.6
"""What counts for a function where the failing tests' tracebacks end, beside 1 for what runs it."""
NAMED = 0.5
NEAR = 0.2
ENDS = 1.4
"""How many times more a line counts at which tests fail."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ERROR = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Iteration)\b")
_FAILURES = ("AssertionError", "BaseException")
_COMMON = frozenset({"test", "tests", "get", "set", "is", "to", "of", "the", "a", "an", "in", "for", "and", "with"})


class Suspicion:
    """What the records of traced tests say of lines and functions."""

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        self._failing = [record for record in records if not record["passed"]]
        self._words = [_words(_own_name(record["name"])) for record in self._failing]
        self._depths: dict[tuple[str, int], int] = {}
        for record in self._failing:
            for path, line, depth in record["depths"]:
                self._depths[path, line] = min(depth, self._depths.get((path, line), depth))
        self.lines = self._ochiai(records)

    def _ochiai(self, records: Sequence[Mapping[str, Any]]) -> dict[str, dict[int, float]]:
        """Return Ochiai's figure for each line that failing tests run."""
        failing: dict[tuple[str, int], int] = {}
        passing: dict[tuple[str, int], int] = {}
        for record in records:
            counts = passing if record["passed"] else failing
            for path, lines in record["lines"].items():
                for line in lines:
                    counts[path, line] = counts.get((path, line), 0) + 1
        table: dict[str, dict[int, float]] = {}
        for (path, line), hit in failing.items():
            value = hit / math.sqrt(len(self._failing) * (hit + passing.get((path, line), 0)))
            table.setdefault(path, {})[line] = value
        for record in self._failing:
            path, line = record["frames"][-1] if record["frames"] else ("", 0)
            if line in table.get(path, {}):
                table[path][line] = max(table[path][line], ENDS * failing[path, line] / len(self._failing) / 2)
        return table

    @property
    def messages(self) -> list[str]:
        """What the failing tests say of their failures."""
        return [record["raised"] for record in self._failing]

    @property
    def raised(self) -> tuple[str, ...]:
        """The exceptions that failing tests met or speak of."""
        said = " ".join(self.messages)
        return tuple(dict.fromkeys(name for name in _ERROR.findall(said) if name not in _FAILURES))

    def of(self, unit: Unit) -> dict[int, float]:
        """Return the suspicion of a function's lines, with what speaks for the function itself."""
        lines = self.lines.get(unit.path, {})
        own = {line: lines[line] for line in range(unit.first_line, unit.last_line + 1) if line in lines}
        if not own:
            return {}
        run_by = [n for n, r in enumerate(self._failing) if not set(own).isdisjoint(r["lines"].get(unit.path, ()))]
        count = max(1, len(run_by))
        more = FRAMES * sum(_ending(unit, self._failing[n]["frames"]) for n in run_by) / count
        more += NAMED * sum(self._named(unit, n) for n in run_by) / count
        more += NEAR / self._depths.get((unit.path, unit.first_line), 3)
        return {line: value * (1 + more) for line, value in own.items()}

    def _named(self, unit: Unit, number: int) -> float:
        """Return how much of a function's name a failing test's name says, from 0 to 1."""
        name = unit.title if unit.name.startswith("__") else unit.name
        words = _words(name)
        return len(words & self._words[number]) / len(words) if words else 0.0


def _own_name(test: str) -> str:
    name = test.partition("[")[0]
    return name.partition("::")[2] if "::" in name else ".".join(name.split(".")[-2:])


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(name)) - _COMMON


def _ending(unit: Unit, frames: Sequence[Sequence[Any]]) -> float:
    """Return how near to the end of a traceback a function stands: 1 at the end, 1/2 one before it."""
    for steps, (path, line) in enumerate(reversed(frames)):
        if path == unit.path and unit.first_line <= line <= unit.last_line:
            return 1 / (1 + steps)
    return 0.0


def mentions(tree: ast.AST, lines: Mapping[int, float], known: dict[str, float]) -> None:
    """Note how suspicious the lines are that mention a name."""
    for node in ast.walk(tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name and node.lineno in lines:  # type: ignore[attr-defined]
            weight = lines[node.lineno]  # type: ignore[attr-defined]
            known[name] = max(known.get(name, 0.0), weight)
