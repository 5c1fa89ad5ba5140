"""The tester and the reviewer: each gives an opinion of a change, requirement by requirement, with evidence."""

from __future__ import annotations

from journeyman.agents.asking import ask_for
from journeyman.agents.contract import Brief, Choice, Opinion
from journeyman.agents.prompting import render
from journeyman.context import cut_middle
from journeyman.domain.conversation import Role
from journeyman.llm import Models

DIFF_SHOWN = 120_000
"""Characters of a diff that a judge sees at most."""

DIFF_SHARE = 1.2
"""Characters of a diff for each token of the smallest window: at three to a token, two fifths of the window."""


async def opinion(
    models: Models, run_id: str, round_number: int, role: Role, brief: Brief, diff: str, checks: str, choice: Choice
) -> Opinion:
    """Return what a tester or a reviewer thinks of a change. The errors are those of `Models.ask`."""
    window = min(models.window(name) for name in choice.of(role))
    shown = cut_middle(diff, min(DIFF_SHOWN, int(window * DIFF_SHARE)))
    text = render("change", task=render("task", brief=brief), diff=shown, checks=checks)
    key = f"{role.value}/{round_number}"
    return await ask_for(Opinion, models, run_id, key, role, choice, render(role.value), text)
