"""How a rule says what it found."""

from __future__ import annotations

from journeyman.domain.changes import Finding, Severity


def blocks(rule: str, message: str, path: str, line: int = 0, evidence: str = "") -> Finding:
    """Return a finding that sends the change back. `rule` is the last part of its name."""
    return Finding(f"test-weakened.{rule}", Severity.BLOCKS, message, path, line, evidence[:300])


def warns(rule: str, message: str, path: str, line: int = 0, evidence: str = "") -> Finding:
    """Return a finding that a reviewer should weigh."""
    return Finding(f"test-weakened.{rule}", Severity.WARNS, message, path, line, evidence[:300])
