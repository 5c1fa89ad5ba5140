"""The gate: every judgement by program on one change, in one place."""

from __future__ import annotations

from journeyman.domain.changes import Change, Finding
from journeyman.gates.comparison import compare
from journeyman.gates.contract import Tree
from journeyman.gates.governance.reach import reach
from journeyman.gates.places import SETTINGS_FILE
from journeyman.gates.quality.weakened import weakened
from journeyman.gates.security.secrets import secrets
from journeyman.gates.settings import read_repository_settings


class ChangeJudge:
    """Runs all gates on a change."""

    async def judge(
        self, change: Change, before: Tree, after: Tree, *, tests_are_the_task: bool
    ) -> tuple[Finding, ...]:
        """Return the findings, blocking ones first. BadSettings if the base branch's own settings are wrong."""
        comparison = await compare(change, before, after)
        settings = read_repository_settings(await before.read(SETTINGS_FILE) or "")
        findings = [
            *await weakened(comparison, tests_are_the_task=tests_are_the_task),
            *secrets(comparison),
            *reach(change, comparison, settings),
        ]
        return tuple(sorted(findings, key=lambda f: (f.severity, f.path, f.line, f.rule)))
