"""Owns what failures look like, one table a family of tools; refuses to weigh them against each other."""

from functools import cache

from journeyman.repair.diagnosis.rules.rule import Rule, table

TABLES = (
    "first",
    "python",
    "node",
    "ruby",
    "php",
    "dotnet",
    "builders",
    "others",
    "compiled",
    "general",
    "last",
)
"""In the order in which they are tried: the first rule that fits a line has it."""

_STEMS = (
    "error", "fail", "fatal", "not ", "no ", "time", "lock", "format", "require", "expect", "assert", "can't",
    "kill", "invalid", "connection", "flak", "panic", "denied", "err_", "exception", "incorrectly", "rerun",
    "missing", "unable", "incompatible", "npm err", ".go:", ".py", ".java:", "warn", "undefined reference", "--> ",
    "-- sc", "diff in ", "data race", "dial tcp", "code style", "modified", "unlinked", "go.sum", "shutdown",
    "snapshot", "`", "index out of", "execution", "rate limit", "lost comm", "externally", "segm", " dl3",
    "workflowscript", "gateway", "unavailable", "memory", "does", "hashes", "go.mod", "but was", "mismatch",
)  # fmt: skip


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules, in the order in which they are tried."""
    return tuple(rule for name in TABLES for rule in table(name))


@cache
def stems() -> tuple[str, ...]:
    """Return words in lower case, one of which is in each anchor.

    A line with none of them tells nothing, and is not looked at: a log has many lines, and rules cost.
    """
    anchors = {anchor for rule in rules() if rule.category for anchor in rule.anchors}
    return (*_STEMS, *sorted(anchor for anchor in anchors if not any(stem in anchor for stem in _STEMS)))


__all__ = ["Rule", "rules", "stems"]
