"""Ways that `deliver_change` may go, with steps that do nothing but say how they ended."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from journeyman.domain.errors import Cancelled, LimitReached, ModelOutage, Outage
from journeyman.domain.runs import Order, StepGiven, StepReport, WordKind
from journeyman.domain.states import Event, State
from journeyman.engines import Engine, Steps
from journeyman.flows import CONCLUDE, DECISION, STEP_OF, FlowContext, StepRef, decision_text, deliver_change
from tests.flows.context import FORWARD

Ending = Event | Exception


@dataclass(frozen=True)
class Way:
    """How states end, visit by visit, where not as usual; what a person says whenever the run waits; how it ends."""

    ends: str
    endings: Mapping[State, Sequence[Ending]] = field(default_factory=dict)
    said: Sequence[str] = ()
    revived: bool = False


ASKS = {State.REVIEW: [Event.NEEDS_PERSON, Event.NEEDS_PERSON]}
REJECT = decision_text(WordKind.REJECT, 1, "more tests")
WAYS = {
    "straight": Way("COMPLETE"),
    "recovered": Way("COMPLETE", {State.TEST: [Event.CHECKS_FAILED], State.VALIDATE: [Event.OBJECTION]}),
    "decided": Way("COMPLETE", ASKS, [REJECT, REJECT, "perhaps", decision_text(WordKind.APPROVE, 2)]),
    "revived": Way("COMPLETE", {State.CODE: [Outage("down"), ModelOutage("rate_limit", "busy")]}, revived=True),
    "limited": Way("FAILED", {State.CODE: [LimitReached("budget", "all spent")]}),
    "cancelled": Way("CANCELLED", {State.TEST: [Cancelled("cancelled by a person")]}),
    "cancelled-waiting": Way("CANCELLED", ASKS, [decision_text(WordKind.CANCEL)]),
    "out-of-rounds": Way("ESCALATED", {State.TEST: [Event.CHECKS_FAILED] * 9}),
}


class Delivery:
    """Steps that go one way; `happened` are the states and rounds that were really gone through."""

    def __init__(self, way: Way) -> None:
        self.happened: list[tuple[str, int]] = []
        self._left: defaultdict[State, deque[Ending]] = defaultdict(deque)
        for state, endings in way.endings.items():
            self._left[state].extend(endings)

    def steps(self) -> Steps:
        bodies: dict[Any, Any] = {step: self._body(state) for state, step in STEP_OF.items()}
        bodies[CONCLUDE] = self._conclude
        return bodies

    def _body(self, state: State) -> Any:
        async def end(given: StepGiven) -> StepReport:
            self.happened.append((state.value, given.round))
            ending = self._left[state].popleft() if self._left[state] else FORWARD[state]
            if isinstance(ending, Exception):
                raise ending
            return StepReport(ending, reason=f"{ending} of {state}")

        return end

    async def _conclude(self, given: StepGiven) -> StepReport:
        self.happened.append((given.state, 0))
        return StepReport(Event.DONE)


async def go(engine: Engine, order: Order, way: Way) -> str:
    """Take a run all of its way and return how it ends."""
    ended = await engine.run(order)
    for words in way.said:
        assert ended == "WAITING"
        await engine.send(order.run_id, DECISION, words)
        ended = await engine.run(order)
    return await engine.revive(order) if way.revived else ended


class Looking:
    """The context of a later version, in which every commit is looked at before it is made."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    async def call(self, step: StepRef[Any, Any], given: StepGiven) -> Any:
        if step is STEP_OF[State.COMMIT]:
            await self._context.call(STEP_OF[State.VALIDATE], given)
        return await self._context.call(step, given)


async def changed_delivery(context: FlowContext, order: Order) -> str:
    """What might become of `deliver_change`."""
    return await deliver_change(Looking(context), order)  # type: ignore[arg-type]
