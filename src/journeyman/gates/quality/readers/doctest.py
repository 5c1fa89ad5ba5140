"""doctest: a block for each example that fails; what passes is not spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journeyman.domain.checks import TestCase, TestStatus
from journeyman.gates.quality.readers.reading import NOTHING, Reading, number, place, short, worst_of_each

BLOCK = re.compile(r'(?m)^\*{70}\nFile "([^"\n]+)", line (\d+), in (\S+)\nFailed example:\n')
END = re.compile(r"(?m)^\*{70}$")
RAISED = "Exception raised:"


def read_doctest(output: str, report: str | None) -> Reading:
    """Read a run of `python -m doctest`: a docstring is a test, one of its failing examples says why."""
    tests = worst_of_each(_failed(output))
    return Reading(tests=tests) if tests else NOTHING


def _failed(output: str) -> Iterator[TestCase]:
    for block in BLOCK.finditer(output):
        end = END.search(output, block.end())
        said = output[block.end() : end.start() if end else len(output)]
        raised = RAISED in said
        yield TestCase(
            name=block.group(3),
            status=TestStatus.ERROR if raised else TestStatus.FAILED,
            message=short(_why(said, raised)),
            path=place(block.group(1)),
            line=number(block.group(2)),
        )


def _why(said: str, raised: bool) -> str:
    """Return an example with what came of it, in one line."""
    if raised:
        example, _, trace = said.partition(RAISED)
        return f"{' '.join(example.split())} raised {trace.strip().splitlines()[-1].strip()}"
    return " ".join(said.split())
