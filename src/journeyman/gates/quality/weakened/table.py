"""The registered rules: each a function of a comparison. A new one is a function and a line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from journeyman.domain.changes import Finding
from journeyman.gates.comparison import Comparison
from journeyman.gates.quality.weakened.automation import weaker_automation
from journeyman.gates.quality.weakened.loosened import loosened_settings
from journeyman.gates.quality.weakened.other_tests import other_weakenings
from journeyman.gates.quality.weakened.python_tests import python_weakenings
from journeyman.gates.quality.weakened.silenced import silenced
from journeyman.gates.quality.weakened.special import special_cases

Rule = Callable[[Comparison], Awaitable[Iterable[Finding]]]

RULES: tuple[Rule, ...] = (
    python_weakenings,
    other_weakenings,
    special_cases,
    loosened_settings,
    weaker_automation,
    silenced,
)

EXPECTATIONS = frozenset(
    f"test-weakened.{name}" for name in ("assertion", "expectation", "loosened", "cases", "inputs", "conditional")
)
"""What a task about the tests may do: say something else. Never skip, delete, swallow or special-case."""


async def weakened(comparison: Comparison, *, tests_are_the_task: bool) -> tuple[Finding, ...]:
    """Return what the change weakened, each place and rule once."""
    found = [finding for rule in RULES for finding in await rule(comparison)]
    if tests_are_the_task:
        found = [finding for finding in found if finding.rule not in EXPECTATIONS]
    return tuple({(f.rule, f.path, f.line, f.message): f for f in found}.values())
