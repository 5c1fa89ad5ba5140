"""Refuses dangerous shell commands by rule, before the sandbox that would contain them."""

from __future__ import annotations

import re
from functools import cache

from journeyman.gates.security.policy import STANDARD, Policy, Rules
from journeyman.gates.security.shell import inner, pipelines, plain, programs_read, without_documents

DEEPEST = 4
LONGEST = 20_000
"""Characters that are looked at: the time grows with the square. Longer commands are documents, which tools write."""


def refusal(command: str, policy: Policy = STANDARD) -> str | None:
    """Return the name of the rule that refuses a command; None if it may run."""
    return _refused(command[:LONGEST], policy, 0)


def _refused(command: str, policy: Policy, depth: int) -> str | None:
    if depth > DEEPEST:
        return None
    read = without_documents(command)
    for name, pattern in _compiled(policy.texts):
        if any(pattern.search(text) for text in (read, *programs_read(command))):
            return name
    for pipeline in pipelines(read):
        lines = [plain(words) for words in pipeline]
        rule = next((rule for line in lines if (rule := _matched(policy.commands, line))), None)
        rule = rule or (_matched(policy.pipelines, " | ".join(lines)) if len(lines) > 1 else None)
        if rule:
            return rule
    return next((rule for text in inner(read) if (rule := _refused(text, policy, depth + 1))), None)


@cache
def _compiled(rules: Rules) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in rules)


def _matched(rules: Rules, line: str) -> str | None:
    return next((name for name, pattern in _compiled(rules) if pattern.match(line)), None)
