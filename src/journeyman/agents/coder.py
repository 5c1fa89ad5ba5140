"""The coder: turns a brief into a changed tree by talking to a model that has tools."""

from __future__ import annotations

from journeyman.agents.contract import Brief, Choice, Ear, Recorder, Tell, WorkEnded
from journeyman.agents.loop import Loop, Talk
from journeyman.agents.prompting import mode_advice, render
from journeyman.domain.conversation import Role
from journeyman.llm import Models
from journeyman.tools import Toolbox


class Coder:
    """Writes the change of one run."""

    def __init__(self, models: Models, toolbox: Toolbox, recorder: Recorder, ear: Ear, tell: Tell) -> None:
        self._models = models
        self._toolbox = toolbox
        self._recorder = recorder
        self._ear = ear
        self._tell = tell

    async def work(
        self, run_id: str, round_number: int, brief: Brief, choice: Choice, start_tree: str, turns: int
    ) -> WorkEnded:
        """Work on the brief for at most `turns` turns, starting from a snapshot. LimitReached beyond them."""
        models = choice.of(Role.CODER)
        talk = Talk(
            run_id=run_id,
            key=f"code/{round_number}",
            role=Role.CODER,
            models=models,
            system=render("coder", brief=brief, mode_advice=mode_advice(brief.mode)),
            opening=render("task", brief=brief),
            start_tree=start_tree,
            turns_left=turns,
            window=min(self._models.window(model) for model in models),
        )
        return await Loop(talk, self._models, self._toolbox, self._recorder, self._ear, self._tell).run()
