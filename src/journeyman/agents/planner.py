"""The planner: one question, one structured plan."""

from __future__ import annotations

import msgspec

from journeyman.agents.asking import ask_for
from journeyman.agents.contract import Brief, Choice
from journeyman.agents.prompting import mode_advice, render
from journeyman.domain.conversation import Role
from journeyman.domain.result import Plan
from journeyman.llm import Models


async def plan(models: Models, run_id: str, brief: Brief, choice: Choice) -> Plan:
    """Return the plan of a task. The errors are those of `Models.ask`."""
    system = render("planner", brief=brief, mode_advice=mode_advice(brief.mode))
    opening = render("task", brief=brief)
    drafted = await ask_for(Plan, models, run_id, "plan", Role.PLANNER, choice, system, opening)
    return msgspec.structs.replace(drafted, estimated_steps=len(drafted.steps))
