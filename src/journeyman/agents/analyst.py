"""The analyst: reads what a task asks for, after a program has read it."""

from __future__ import annotations

import msgspec

from journeyman.agents.asking import ask_for
from journeyman.agents.contract import Choice
from journeyman.agents.prompting import render
from journeyman.domain.conversation import Role
from journeyman.domain.intents import Intent, Refinement
from journeyman.llm import Models


async def refine_intent(
    models: Models, run_id: str, task: str, read: Intent, likely: tuple[str, ...], choice: Choice
) -> Refinement:
    """Return how a model reads a task. `likely` are places that the index finds for it. The errors are those of
    `Models.ask`."""
    reading = msgspec.json.format(msgspec.json.encode(read), indent=1).decode()
    text = render("intent", task=task, reading=reading, likely="\n".join(likely))
    return await ask_for(Refinement, models, run_id, "intent", Role.PLANNER, choice, render("analyst"), text)
