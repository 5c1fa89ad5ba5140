"""Refuses dangerous shell commands by rule, before the sandbox that would contain them."""

from __future__ import annotations

import re
from functools import cache

from journeyman.gates.security.policy import STANDARD, Policy, Rules
from journeyman.gates.security.shell import TooComplicated, inner, looked_at, pipelines, plain

DEEPEST = 6
LONGEST = 20_000
"""Characters that are looked at: a command without the documents it writes."""
LONGEST_WITH_DOCUMENTS = 400_000
MOST_DOCUMENTS = 100
MOST_LOOKED_AT = 2 * LONGEST
"""Characters of a command and of all that it runs through others, which may be the same words again."""
MOST_INNER = 150
MOST_SIMPLE_COMMANDS = 1_500
MOST_LOADS = 60
LOADS = re.compile(r"\b(?:curl|wget|base64|base32|xxd|openssl)\b")
"""What the rules on texts look on from, in the text after it."""
TOO_LONG, TOO_COMPLICATED = "too-long", "too-complicated"
"""Rules that no settings switch off: they bound the time, and nothing may pass unseen."""


def refusal(command: str, policy: Policy = STANDARD) -> str | None:
    """Return the name of the rule that refuses a command; None if it may run."""
    if len(command) > LONGEST_WITH_DOCUMENTS:
        return TOO_LONG
    try:
        return _Judgement(policy).refused(command, 0)
    except TooComplicated:
        return TOO_COMPLICATED


class _Judgement:
    """Judges one command and what it runs through others, within bounds; TooComplicated beyond them."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._seen: set[str] = set()
        self._length = 0
        self._simple_commands = 0

    def refused(self, command: str, depth: int) -> str | None:
        read, programs = looked_at(command, MOST_DOCUMENTS, LONGEST)
        if len(read) + sum(map(len, programs)) > LONGEST:
            return TOO_LONG
        self._count(read, programs, depth)
        texts = (read, *programs)
        for name, pattern in _compiled(self._policy.texts):
            if any(pattern.search(text) for text in texts):
                return name
        commands = pipelines(read)
        if rule := self._by_commands(commands):
            return rule
        for text in inner(read, commands):
            if text not in self._seen:
                self._seen.add(text)
                if rule := self.refused(text, depth + 1):
                    return rule
        return None

    def _count(self, read: str, programs: list[str], depth: int) -> None:
        self._length += len(read) + sum(map(len, programs))
        loads = max(len(LOADS.findall(text)) for text in (read, *programs))
        beyond = self._length > MOST_LOOKED_AT or len(self._seen) > MOST_INNER or loads > MOST_LOADS
        if depth > DEEPEST or beyond:
            raise TooComplicated

    def _by_commands(self, commands: list[list[list[str]]]) -> str | None:
        self._simple_commands += sum(map(len, commands))
        if self._simple_commands > MOST_SIMPLE_COMMANDS:
            raise TooComplicated
        for pipeline in commands:
            lines = [plain(words) for words in pipeline]
            rule = next((rule for line in lines if (rule := _matched(self._policy.commands, line))), None)
            rule = rule or (_matched(self._policy.pipelines, " | ".join(lines)) if len(lines) > 1 else None)
            if rule:
                return rule
        return None


@cache
def _compiled(rules: Rules) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in rules)


def _matched(rules: Rules, line: str) -> str | None:
    return next((name for name, pattern in _compiled(rules) if pattern.match(line)), None)
