"""The loop of the coder: ask, use the tools, record, until an answer asks for no tool.

Every question and every tool call has a key within the run. What finished before is read, not done again; the tree is
set back to the snapshot after the last finished call before the first new one is made.
"""

from __future__ import annotations

import msgspec

from journeyman.agents.circling import Circling
from journeyman.agents.contract import Ear, Progress, Recorded, Recorder, Tell, WorkEnded
from journeyman.context import Packing, cut_middle
from journeyman.domain.conversation import Role, ToolCall, ToolResult, ToolTurn, UserTurn
from journeyman.domain.errors import LimitReached
from journeyman.llm import Answer, Models, Question
from journeyman.tools import Toolbox

OUTPUT_TOKENS = 8192
WINDOW_SHARE = 0.7
"""Part of the model's window that the conversation may fill; the rest is for tools, the answer and the estimate."""

RESULT_SHOWN = 20_000
"""Characters of a tool's result that a model sees."""

CUT_OFF = "Your answer was cut off because it was too long. Go on, in smaller steps."


class Talk(msgspec.Struct, frozen=True):
    """One stretch of work: who talks about what, under which keys, and where it must end."""

    run_id: str
    key: str
    role: Role
    models: tuple[str, ...]
    system: str
    opening: str
    start_tree: str
    turns_left: int
    window: int


class Loop:
    """Runs one talk to its end."""

    def __init__(
        self, talk: Talk, models: Models, toolbox: Toolbox, recorder: Recorder, ear: Ear, tell: Tell
    ) -> None:
        self._talk = talk
        self._models = models
        self._toolbox = toolbox
        self._recorder = recorder
        self._ear = ear
        self._tell = tell
        self._said = Packing(int(talk.window * WINDOW_SHARE) - OUTPUT_TOKENS)
        self._said.add(UserTurn(talk.opening))
        self._tree = talk.start_tree
        self._tree_is_behind = True
        self._record_goes_on = True
        self._heard = 0
        self._circling = Circling()

    async def run(self) -> WorkEnded:
        """Return how the work ended. LimitReached when the turns are used up."""
        await self._listen(0)
        for number in range(self._talk.turns_left):
            answer = await self._ask(number)
            words, calls = answer.turn.text, answer.turn.calls
            self._said.add(answer.turn)
            stuck = await self._act(number, calls) if calls else ""
            if stuck:
                return WorkEnded(number + 1, words, await self._final_tree(), stuck)
            heard = await self._listen(number + 1)
            if answer.stopped_by == "length":
                self._said.add(UserTurn(CUT_OFF))
            elif not calls and not heard:
                return WorkEnded(number + 1, words, await self._final_tree())
        raise LimitReached("turns", f"all {self._talk.turns_left} turns are used up", _more(self._talk.run_id))

    async def _ask(self, number: int) -> Answer:
        talk = self._talk
        question = Question(
            run_id=talk.run_id,
            key=f"{talk.key}/{number}",
            role=talk.role,
            models=talk.models,
            system=talk.system,
            turns=self._said.packed(),
            tools=self._toolbox.specs,
            max_output_tokens=OUTPUT_TOKENS,
        )
        answer = await self._models.ask(question)
        if answer.turn.text and not answer.recorded:
            await self._tell(Progress(answer.turn.text))
        return answer

    async def _act(self, number: int, calls: tuple[ToolCall, ...]) -> str:
        """Use the tools that a turn asks for; return why the talk must end if it goes in circles."""
        results = tuple([await self._use(f"{self._talk.key}/{number}/{i}", call) for i, call in enumerate(calls)])
        self._said.add(ToolTurn(results))
        verdict = self._circling.look(calls, results, self._tree)
        if verdict.warning:
            self._said.add(UserTurn(verdict.warning))
        return verdict.ended

    async def _listen(self, number: int) -> bool:
        """Take in what a person said before a turn, and return whether that was anything.

        It is recorded in any case: a resumed talk must be the same, and what was said while nobody was at work
        belongs to its first new turn.
        """
        key = f"{self._talk.key}/{number}/heard"
        words = await self._ear.heard(self._heard)
        recorded = await self._finished(key)
        if recorded is None:
            text = msgspec.json.encode(words).decode()
            call, result = ToolCall(key, "heard", ""), ToolResult(key, "heard", text)
            recorded = await self._recorder.record(key, call, result, self._tree)
        words = msgspec.json.decode(recorded.result.content, type=tuple[tuple[int, str], ...])
        for said, text in words:
            self._heard = said
            self._said.add(UserTurn(f"The person you work for says: {text}"))
        return bool(words)

    async def _use(self, key: str, call: ToolCall) -> ToolResult:
        recorded = await self._finished(key)
        if recorded is None:
            recorded = await self._use_now(key, call)
        self._tree = recorded.tree
        return msgspec.structs.replace(recorded.result, content=cut_middle(recorded.result.content, RESULT_SHOWN))

    async def _finished(self, key: str) -> Recorded | None:
        """Return what is recorded under a key. Records are made in order: behind the first gap there is none."""
        recorded = await self._recorder.finished(key) if self._record_goes_on else None
        self._record_goes_on = recorded is not None
        return recorded

    async def _use_now(self, key: str, call: ToolCall) -> Recorded:
        await self._catch_up()
        result = await self._toolbox.use(call)
        tree = await self._recorder.snapshot() if self._toolbox.changes_files(call.name) else self._tree
        recorded = await self._recorder.record(key, call, result, tree)
        result, origin = recorded.result, self._toolbox.origin(call.name)
        await self._tell(Progress(_first_line(result.content), call.name, origin, result.ok, call.arguments))
        return recorded

    async def _catch_up(self) -> None:
        """Before the first new tool call: set the tree back to where the recorded ones left it."""
        if self._tree_is_behind:
            await self._recorder.restore(self._tree)
            self._tree_is_behind = False

    async def _final_tree(self) -> str:
        await self._catch_up()
        return self._tree


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")[:200]


def _more(run_id: str) -> str:
    return f"journeyman resume {run_id} --max-turns N goes on"
