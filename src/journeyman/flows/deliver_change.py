"""Deliver a task: from a request to a validated branch, by the table of transitions in `domain.states`.

The flow knows the order of things and nothing else. Each state but WAITING has one step; a step ends with an event,
and the table says what follows. What a state found out stays in the store: only ids and single lines cross here.
"""

from __future__ import annotations

from collections import Counter

from journeyman.domain.errors import Cancelled, LimitReached, Outage
from journeyman.domain.runs import Order, StepGiven, StepReport
from journeyman.domain.states import AGAIN, ROUNDS, Event, State, follow
from journeyman.flows.contract import FlowContext, StepRef

PREPARE = StepRef("prepare", StepGiven, StepReport)
UNDERSTAND = StepRef("understand", StepGiven, StepReport)
PLAN = StepRef("plan", StepGiven, StepReport)
WRITE = StepRef("write", StepGiven, StepReport)
CHECK = StepRef("check", StepGiven, StepReport)
VALIDATE = StepRef("validate", StepGiven, StepReport)
REVIEW = StepRef("review", StepGiven, StepReport)
COMMIT = StepRef("commit", StepGiven, StepReport)
PUBLISH = StepRef("publish", StepGiven, StepReport)
CONCLUDE = StepRef("conclude", StepGiven, StepReport)

STEP_OF: dict[State, StepRef[StepGiven, StepReport]] = {
    State.INIT: PREPARE,
    State.ANALYZE: UNDERSTAND,
    State.PLAN: PLAN,
    State.CODE: WRITE,
    State.TEST: CHECK,
    State.VALIDATE: VALIDATE,
    State.REVIEW: REVIEW,
    State.COMMIT: COMMIT,
    State.PR: PUBLISH,
}

DECISION = "decision"
"""The topic on which a person's decision arrives: `approve`, `cancel`, or `reject` and a comment."""


async def deliver_change(context: FlowContext, order: Order) -> str:
    """Take one run from INIT to a final state and return that state's name."""
    state, event, reason = State.INIT, Event.DONE, ""
    visits: Counter[State] = Counter()
    returns: Counter[tuple[State, Event]] = Counter()
    while not state.final:
        visits[state] += 1
        report = await _go_through(context, order, state, StepGiven(order.run_id, visits[state], reason))
        event = report.event
        if (state, event) in AGAIN:
            returns[(state, event)] += 1
            event = event if returns[(state, event)] <= ROUNDS else Event.OUT_OF_ROUNDS
        state, reason = follow(state, event), report.reason
    await context.call(CONCLUDE, StepGiven(order.run_id, state=state.value, event=event.value, reason=reason))
    return state.value


async def _go_through(context: FlowContext, order: Order, state: State, given: StepGiven) -> StepReport:
    """Leave a state. A revived run does again what ended by a limit or an outage."""
    try:
        if state is State.WAITING:
            return _decided(await context.wait_for(DECISION))
        return await context.call(STEP_OF[state], given)
    except LimitReached as error:
        return StepReport(Event.LIMIT, reason=error.line())
    except Outage as error:
        return StepReport(Event.OUTAGE, reason=error.line())
    except Cancelled as signal:
        return StepReport(Event.CANCELLED, reason=str(signal))


def _decided(message: str | None) -> StepReport:
    word, _, comment = (message or "").partition(" ")
    events = {"approve": Event.APPROVED, "reject": Event.REJECTED, "cancel": Event.CANCELLED}
    return StepReport(events[word], reason=comment)
