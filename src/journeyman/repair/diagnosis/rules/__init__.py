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
    "last",
    "general",
)
"""In the order in which they are tried: the first rule that fits a line has it."""

GUESSES = "general"

STEMS = (
    "error", "fail", "fatal", "not ", "no ", "time", "lock", "format", "require", "expect", "assert", "can't",
    "kill", "invalid", "connection", "flak", "panic", "denied", "err_", "exception", "rerun", "missing", "unable",
    "incompatible", "npm err", ".go:", ".py", ".java:", "warn", "undefined ", "--> ", "-- sc", "diff in ",
    "dial tcp", "modified", "snapshot", "`", "exhausted", "rate limit", "lost ", "segm", " dl3", "workflowscript",
    "gateway", "unavailable", "memory", "go.mod", "mismatch", ".rb:", ".php", ".kt:", ".dart", ".yml:", ".md:",
    "137", "deployment mode", "ruby version", "out of ", "unused ", "^ sc", " lint/", "fmt -", "prettier -",
)  # fmt: skip
"""In lower case; a line with none of them tells nothing, and is not looked at: logs are long, and each stem costs."""


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules, in the order in which they are tried."""
    return tuple(rule for name in TABLES for rule in table(name, guess=name == GUESSES))


__all__ = ["STEMS", "Rule", "rules"]
