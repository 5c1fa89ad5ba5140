"""Owns what failures look like, one table a family of tools; refuses to weigh them against each other."""

from journeyman.repair.diagnosis.rules import compiled, everywhere, node, python
from journeyman.repair.diagnosis.rules.rule import Rule

RULES: tuple[Rule, ...] = (*everywhere.FIRST, *python.RULES, *node.RULES, *compiled.RULES, *everywhere.LAST)
"""In the order in which they are tried: the first that fits a line has it."""

STEMS: tuple[str, ...] = (
    *(
        "error",
        "fail",
        "fatal",
        "not ",
        "no ",
        "time",
        "lock",
        "format",
        "require",
        "expect",
        "assert",
        "can't",
        "kill",
    ),
    *("invalid", "connection", "flak", "panic", "denied", "err_", "exception", "incorrectly", "rerun", "missing"),
    *("unable", "incompatible", "npm err", ".go:", ".py", ".java:", "warn", "undefined reference", "--> ", "-- sc"),
    *("diff in ", "data race", "dial tcp", "code style", "modified", "unlinked", "go.sum", "shutdown", "snapshot"),
    *(
        "`",
        "index out of",
        "execution",
        "rate limit",
        "lost comm",
        "externally",
        "segm",
        " dl3",
        "workflowscript",
    ),
    *("gateway", "unavailable", "memory", "does", "hashes", "go.mod", "but was", "mismatch"),
)
"""In lower case; a line with none of them tells nothing, and is not looked at: a log has many lines, and rules cost."""

__all__ = ["RULES", "STEMS", "Rule"]
