"""Which tests run which lines, as tracing inside the sandbox tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Self

import msgspec

from journeyman.repair.laboratory import Answered, Laboratory
from journeyman.repair.localisation.formulas import Counts

Place = tuple[str, int]
"""A path of the tree and a line."""


class SeenTest(msgspec.Struct, frozen=True):
    """A test that was traced. Of a failing one also what was raised, the frames in the tree that led there, outermost
    first, and what its docstring says."""

    name: str
    passed: bool
    raised: str = ""
    frames: tuple[Place, ...] = ()
    words: str = ""


class Told(Answered, frozen=True):
    """The answer of the tracing program: of each path the lines that failing tests run, and which block, a number in
    hexadecimal, tells their tests. ValueError for one that it cannot have given."""

    tests: tuple[SeenTest, ...] = ()
    passing: int = 0
    blocks: tuple[str, ...] = ()
    lines: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    depths: tuple[tuple[str, int, int], ...] = ()
    collected: int = 0

    def __post_init__(self) -> None:
        masks = [int(block, 16) for block in self.blocks]
        known = all(0 <= mask < 1 << len(self.tests) for mask in masks)
        if not known or self.passing < 0 or self.collected < 0:
            raise ValueError("tests that were not told")
        for table in self.lines.values():
            if not all(int(line) > 0 and 0 <= number < len(masks) for line, number in table.items()):
                raise ValueError("lines that cannot be")

    def below(self, folder: str) -> Self:
        """Return the same with the paths of the tree in place of those of a folder in it."""
        tests = [
            msgspec.structs.replace(test, frames=tuple((f"{folder}/{path}", line) for path, line in test.frames))
            for test in self.tests
        ]
        lines = {f"{folder}/{path}": table for path, table in self.lines.items()}
        depths = tuple((f"{folder}/{path}", line, depth) for path, line, depth in self.depths)
        return msgspec.structs.replace(self, tests=tuple(tests), lines=lines, depths=depths)


class Spectrum:
    """The failing tests, the passing ones that share lines with them, and the lines that failing tests run.

    The tests of a line are bits of a number, in the order of `tests`. `depths`: how many calls into the tree deep a
    function is called, by its place; 1 is called by the test itself.
    """

    def __init__(self, told: Told) -> None:
        self.tests = told.tests
        self.passing = told.passing
        self.collected = told.collected
        self.error = told.error
        self.depths: Mapping[Place, int] = {(path, line): depth for path, line, depth in told.depths}
        blocks = [int(block, 16) for block in told.blocks]
        self.hits: dict[Place, int] = {
            (path, int(line)): blocks[number] for path, table in told.lines.items() for line, number in table.items()
        }

    @cached_property
    def failing(self) -> tuple[SeenTest, ...]:
        """The failing tests; they stand first."""
        return tuple(test for test in self.tests if not test.passed)

    def counts(self, mask: int) -> Counts:
        """Return how many tests a line's number stands for."""
        failing = (mask & ((1 << len(self.failing)) - 1)).bit_count()
        return Counts(failing, mask.bit_count() - failing, len(self.failing), self.passing)

    def names(self, mask: int, *, passed: bool) -> tuple[str, ...]:
        """Return the tests that a line's number stands for."""
        return tuple(test.name for n, test in enumerate(self.tests) if mask >> n & 1 and test.passed is passed)


async def traced(laboratory: Laboratory, paths: Sequence[str], failing: Sequence[str], seconds: float) -> Spectrum:
    """Run the tests under the tracer for at most so many seconds."""
    job = {"kind": "locate", "paths": list(paths), "failing": list(failing), "seconds": seconds}
    return Spectrum(await laboratory.do(job, seconds, Told))
