"""A flow's context in memory: every wait of the flow stops and asks what happens next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any

import msgspec

from journeyman.domain.errors import Cancelled, LimitReached, ModelOutage
from journeyman.domain.runs import StepGiven, StepReport, WordKind
from journeyman.domain.states import ANYWHERE, RECOVERY, TRANSITIONS, Event, State
from journeyman.flows import CONCLUDE, DECISION, STEP_OF, StepRef, decision_text

STATE_OF = {step.name: state for state, step in STEP_OF.items()}
WORDS = {
    Event.APPROVED: (WordKind.APPROVE, ""),
    Event.REJECTED: (WordKind.REJECT, "too long"),
    Event.CANCELLED: (WordKind.CANCEL, ""),
}
RAISED: dict[Event, Callable[[], Exception]] = {
    Event.LIMIT: lambda: LimitReached("budget", "nothing is left", "give more"),
    Event.OUTAGE: lambda: ModelOutage("overload", "busy"),
    Event.CANCELLED: lambda: Cancelled("cancelled by a person"),
}
FORWARD = {
    **dict.fromkeys(State, Event.DONE),
    State.CODE: Event.CHANGED,
    State.WAITING: Event.APPROVED,
}
"""What leads every state on towards COMPLETE."""


def allowed(state: State) -> tuple[Event, ...]:
    """Return the events that a state may end with, in a stable order."""
    if state is State.WAITING:
        return tuple(WORDS)
    known = {event for at, event in (*TRANSITIONS, *RECOVERY) if at is state}
    return tuple(event for event in Event if event in known or event in (*RAISED, Event.FAILED))


def paths() -> dict[State, tuple[Event, ...]]:
    """Return the shortest events that lead from INIT to each state by the tables."""
    found: dict[State, tuple[Event, ...]] = {State.INIT: ()}
    edges = {**TRANSITIONS, **RECOVERY, **{(s, e): to for s in State if not s.final for e, to in ANYWHERE.items()}}
    while more := {to: (*found[s], e) for (s, e), to in edges.items() if s in found and to not in found}:
        found |= more
    return found


class Stop(msgspec.Struct, frozen=True):
    """Where the flow waits: a step and what it was given, or the state WAITING."""

    state: State
    given: StepGiven | None = None
    concluding: bool = False


class Waiting:
    """Hands a stop to the one who drives the flow, and the answer back."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def __await__(self) -> Generator[Stop, Any, Any]:
        return (yield self._stop)


class Driven:
    """Fits `FlowContext` as far as a delivered change goes."""

    async def call(self, step: StepRef[Any, Any], given: StepGiven) -> Any:
        if step is CONCLUDE:
            return await Waiting(Stop(State(given.state), given, concluding=True))
        return await Waiting(Stop(STATE_OF[step.name], given))

    async def wait_for(self, topic: str, timeout_seconds: float | None = None) -> str | None:
        assert (topic, timeout_seconds) == (DECISION, None)
        return await Waiting(Stop(State.WAITING))


class Drive:
    """Takes a flow from stop to stop, without a loop of events."""

    def __init__(self, flow: Awaitable[str]) -> None:
        self._flow: Any = flow
        self.stops: list[Stop] = []
        self.result: str | None = None
        self._go(lambda: self._flow.send(None))

    @property
    def at(self) -> Stop:
        return self.stops[-1]

    @property
    def ended(self) -> bool:
        return self.at.concluding

    @property
    def reviews(self) -> int:
        """How often the change was reviewed."""
        return sum(stop.state is State.REVIEW for stop in self.stops)

    def hear(self, message: str) -> None:
        """Let a message arrive where the flow waits for one."""
        assert self.at.state is State.WAITING
        self._go(lambda: self._flow.send(message))

    def answer(self, event: Event, reason: str = "", *, raised: bool = True) -> None:
        """Let the stop end with an event; limits, outages and cancelling are raised, as steps do."""
        if self.at.state is State.WAITING:
            word, comment = WORDS[event]
            self.hear(decision_text(word, self.reviews, comment))
        elif raised and event in RAISED:
            self._go(lambda: self._flow.throw(RAISED[event]()))
        else:
            self._go(lambda: self._flow.send(StepReport(event, reason=reason)))

    def conclude(self) -> str:
        """Let the last step end; return the flow's result."""
        assert self.ended
        self._go(lambda: self._flow.send(StepReport(Event.DONE)))
        assert self.result is not None
        return self.result

    def _go(self, step: Callable[[], Stop]) -> None:
        try:
            self.stops.append(step())
        except StopIteration as end:
            self.result = end.value
