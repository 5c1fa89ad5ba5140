"""Patches that pass and are not to be believed: the tests would hardly notice if they were wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .judging import Judge
from .queue import Candidate
from .scene import Scene
from .source import Edit
from .weighing import does_less

ENOUGH_FAILING = 2
"""Failing tests that make a patch credible which only takes something out."""
ENOUGH_FOR_TWO = 3
"""Failing tests that make two edits credible of which neither helps alone."""
DOUBTED = 0.3
"""What counts of a patch that is in doubt."""
_OPPOSITES = {frozenset(pair) for pair in (("==", "!="), ("in", "not in"), ("is", "is not"))}
_ASKED = (ast.If, ast.While, ast.IfExp, ast.Assert)
_TRUTHS = (ast.Compare, ast.BoolOp, ast.UnaryOp)

Helping = tuple[int, Edit]
"""An edit with the number of its unit."""


def doubt(
    judge: Judge, scenes: Mapping[int, Scene], candidate: Candidate, helpful: frozenset[Helping], deadline: float
) -> str:
    """Return why a patch is not to be believed, "" if nothing speaks against it.

    `helpful`: the edits that are known to make some failing test pass alone.
    """
    return (
        _taken_out(judge, candidate)
        or _unasked(judge, scenes, candidate, deadline)
        or _thinly_told(judge, scenes, candidate, helpful)
    )


def unexplained(judge: Judge, partly: Sequence[Candidate]) -> dict[Any, str]:
    """Return what speaks against patches for some of the failing tests, by their edits.

    They help a single test, and others that run some of the same lines fail all the same: most often by one fault.
    """
    helped = {each.edits: {name for number, _ in each.edits for name in judge.targets(number)} for each in partly}
    failing = {name for name, record in judge.records.items() if not record["passed"]}
    left = failing - set().union(*helped.values())
    words = f"it helps one of {len({_function(name) for name in failing})} failing tests that run the same code, "
    return {
        edits: f"{words}and nothing was found for the others"
        for edits, names in helped.items()
        if len({_function(name) for name in names}) == 1
        and any(_meet(judge, one, other) for one in names for other in left)
    }


def _meet(judge: Judge, one: str, other: str) -> bool:
    """Tell whether two tests run some of the same lines."""
    lines = judge.records[one]["lines"]
    return any(set(run).intersection(lines.get(path, ())) for path, run in judge.records[other]["lines"].items())


def _function(test: str) -> str:
    """Return the name of a test without its parameters."""
    return test.partition("[")[0]


def _thinly_told(judge: Judge, scenes: Mapping[int, Scene], candidate: Candidate, helpful: frozenset[Helping]) -> str:
    """Return what speaks against a patch that hardly a test tells for, of kinds that pass by chance most easily."""
    failing = {name for number, _ in candidate.edits for name in judge.targets(number)}
    if len(candidate.edits) > 1 and len(failing) < ENOUGH_FOR_TWO and not helpful.issuperset(candidate.edits):
        return "it takes two edits of which neither helps alone"
    others = any(record["passed"] for record in judge.records.values())
    alone = len(failing) == 1 and others and not any(judge.covering(number) for number, _ in candidate.edits)
    if alone and any(_turns_round(scenes[number], edit) for number, edit in candidate.edits):
        return "it turns a condition round, and of the tests that pass none runs it"
    return ""


def _turns_round(scene: Scene, edit: Edit) -> bool:
    old = " ".join(scene.source.text[edit.start : edit.end].split())
    return edit.template == "negation" or frozenset((old, " ".join(edit.text.split()))) in _OPPOSITES


def _taken_out(judge: Judge, candidate: Candidate) -> str:
    """Return what speaks against a patch that only does less: hardly a test runs what it changes."""
    if not any(does_less(edit) for _, edit in candidate.edits):
        return ""
    failing = {_function(name) for number, _ in candidate.edits for name in judge.targets(number)}
    passing = [name for number, _ in candidate.edits for name in judge.covering(number)]
    if len(failing) >= ENOUGH_FAILING and passing:
        return ""
    counted = "one failing test runs" if len(failing) == 1 else f"{len(failing)} failing tests run"
    return f"it only does less, and {counted} what it changes, {len(passing)} that pass"


def _unasked(judge: Judge, scenes: Mapping[int, Scene], candidate: Candidate, deadline: float) -> str:
    """Return what speaks against a patch of a condition: the tests pass as well if it is not asked at all."""
    hollow = []
    for place, (number, edit) in enumerate(candidate.edits):
        for constant in constants_for(scenes[number], edit):
            edits = (*candidate.edits[:place], (number, constant), *candidate.edits[place + 1 :])
            hollow.append(Candidate(edits, 0.0))
    told, _ = judge.judge(hollow, 0, deadline) if hollow else ([], [])
    passing = [verdict.candidate for verdict in told if verdict.kind == "plausible"]
    if not passing:
        return ""
    text = next(edit.text for _, edit in passing[0].edits if edit.template == "constant condition")
    return f"the tests pass as well with `{text}` in place of the whole condition"


def constants_for(scene: Scene, edit: Edit) -> Iterator[Edit]:
    """Yield the edits that put a constant in place of the innermost condition that holds an edit."""
    held = []
    for node in scene.nodes:
        for condition in _conditions(node):
            start, end = scene.source.span(condition)
            if start <= edit.start and edit.end <= end:
                held.append((end - start, start, end))
    if held:
        _, start, end = min(held)
        for text in ("True", "False"):
            yield Edit(start, end, text, 0.0, edit.line, "constant condition")


def _conditions(node: Any) -> list[Any]:
    """Return the expressions of a node of which the truth alone counts."""
    if isinstance(node, _ASKED):
        return [node.test]
    if isinstance(node, ast.comprehension):
        return list(node.ifs)
    return [node.value] if isinstance(node, ast.Return) and isinstance(node.value, _TRUTHS) else []
