"""Snapshots and generated files that are behind: made anew by the command that their check names, where allowed."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator

from journeyman.repair.contract import Discovery
from journeyman.repair.fixers.behind import commands_behind
from journeyman.repair.fixers.contract import Case, Proposal

_TOOLS = (
    (
        "syrupy",
        re.compile(r"snapshots? (?:report summary|failed)|\[[\w.-]+\] does not (?:exist|match)"),
        "pytest",
        "--snapshot-update",
    ),
    ("pytest-snapshot", re.compile(r"--snapshot-update"), "pytest", "--snapshot-update"),
    ("inline-snapshot", re.compile(r"inline[-_]snapshot"), "pytest", "--inline-snapshot=fix,create"),
    ("pytest-regressions", re.compile(r"--force-regen|FILES DIFFER|regressions"), "pytest", "--force-regen"),
    ("jest", re.compile(r"(?:\d+ snapshots? (?:failed|obsolete)|toMatch(?:Inline)?Snapshot)"), "jest", "-u"),
    ("vitest", re.compile(r"(?:Snapshots? +\d+ (?:failed|obsolete)|toMatch(?:Inline)?Snapshot)"), "vitest", "-u"),
    ("insta", re.compile(r"cargo insta (?:review|accept)|insta::assert|snapshot assertion"), "cargo", ""),
)  # fmt: skip
"""Who says it, in which words, whose program it is, and the option by which that one writes."""

_TOLD = re.compile(
    r"(?i)(?:out of date|outdated|stale|not up[- ]to[- ]date|regenerate|re-generate|differs? from|changed|please|run)"
    r"[^\n`'\"]{0,80}?(?:run|with|by|using|execute)?:?\s*[`'\"](?P<command>[^`'\"\n]{3,120})[`'\"]"
)
_PLAIN = re.compile(
    r"(?im)\b(?:please )?run:?\s+(?P<command>(?:make|just|npm run|yarn|pnpm|go generate|tox -e) [\w./:-]+)"
)
_PROGRAMS = re.compile(
    r"^(?:make|just|npm run|yarn|pnpm|npx|go generate|cargo|tox|nox|uv run|poetry run|python3?|pdm|hatch|\./"
    r"|[\w./-]+\.(?:sh|py))\b"
)
_RISKY = re.compile(r"[;&|<>$]|\brm\b|\bgit\b|\binstall\b|\bpublish\b|\bdeploy\b|\bpush\b")


class Snapshots:
    """Makes snapshots and generated files anew. They are what judges, so a person must have allowed it."""

    name = "snapshots"

    async def propose(self, case: Case) -> AsyncGenerator[Proposal | Discovery]:
        behind = await commands_behind(case.outcome.check.command, case.tree)
        words = case.words()
        for command in dict.fromkeys([*_by_tool(words, behind), *_named(words)]):
            yield Proposal(f"make anew by `{command}`", commands=(command,), oracle=True)


def _by_tool(words: str, behind: list[str]) -> Iterator[str]:
    """Yield the checking commands in the form in which they write snapshots."""
    for _, told, program, option in _TOOLS:
        if told.search(words):
            for command in behind:
                if re.search(rf"(?<![\w-]){program}(?![\w-])", command):
                    yield f"{command} {option}" if option else f"INSTA_UPDATE=always {command}"


def _named(words: str) -> Iterator[str]:
    """Yield the commands that the check itself says to run."""
    for pattern in (_TOLD, _PLAIN):
        for found in pattern.finditer(words):
            command = found["command"].strip().rstrip(".")
            if _PROGRAMS.match(command) and not _RISKY.search(command):
                yield command
