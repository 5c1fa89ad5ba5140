"""The registered rules. A rule is a small function of a comparison; here stands what its name allows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from journeyman.domain.changes import Finding
from journeyman.gates.comparison import Comparison
from journeyman.gates.quality.weakened.python_tests import python_weakenings

Rule = Callable[[Comparison], Awaitable[Iterable[Finding]]]

RULES: tuple[Rule, ...] = (python_weakenings,)

EXPECTATIONS = frozenset(
    {"test-weakened.assertion", "test-weakened.expectation", "test-weakened.loosened", "test-weakened.cases"}
)
"""What a task about the tests may do: say something else. Never skip, delete, swallow or special-case."""


async def weakened(comparison: Comparison, *, tests_are_the_task: bool) -> tuple[Finding, ...]:
    """Return what the change weakened, each place and rule once."""
    found = [finding for rule in RULES for finding in await rule(comparison)]
    if tests_are_the_task:
        found = [finding for finding in found if finding.rule not in EXPECTATIONS]
    return tuple({(f.rule, f.path, f.line, f.message): f for f in found}.values())
