"""Deliver a task: from a request to a validated branch, by the table of transitions in `domain.states`.

The flow knows the order of things and nothing else. Each state but WAITING has one step; a step ends with an event,
and the table says what follows. What a state found out stays in the store: only ids and single lines cross here.
"""

from __future__ import annotations

from collections import Counter

from journeyman.domain.errors import Cancelled, LimitReached, Outage
from journeyman.domain.runs import Order, StepGiven, StepReport, WordKind
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
"""The topic on which a person's decision arrives, as `decision_text` writes it."""

DECIDED = {WordKind.APPROVE: Event.APPROVED, WordKind.REJECT: Event.REJECTED}


def decision_text(word: WordKind, asked: int = 0, comment: str = "") -> str:
    """Return a decision as a message. `asked` is the round of the review that it answers; to cancel needs none."""
    return f"{word.value} {asked} {comment}".strip()


async def deliver_change(context: FlowContext, order: Order) -> str:
    """Take one run from INIT to a final state and return that state's name."""
    state, event, reason = State.INIT, Event.DONE, ""
    visits: Counter[State] = Counter()
    returns: Counter[tuple[State, Event]] = Counter()
    while not state.final:
        visits[state] += 1
        counted = visits[State.REVIEW if state is State.WAITING else state]
        report = await _go_through(context, state, StepGiven(order.run_id, counted, reason))
        event = report.event
        if (state, event) in AGAIN:
            returns[(state, event)] += 1
            event = event if returns[(state, event)] <= ROUNDS else Event.OUT_OF_ROUNDS
        state, reason = follow(state, event), report.reason
    await context.call(CONCLUDE, StepGiven(order.run_id, state=state.value, event=event.value, reason=reason))
    return state.value


async def _go_through(context: FlowContext, state: State, given: StepGiven) -> StepReport:
    """Leave a state. What ends a run from anywhere is an event like others."""
    try:
        if state is State.WAITING:
            return await _decided(context, given.round)
        return await context.call(STEP_OF[state], given)
    except LimitReached as error:
        return StepReport(Event.LIMIT, reason=error.line())
    except Outage as error:
        return StepReport(Event.OUTAGE, reason=error.line())
    except Cancelled as signal:
        return StepReport(Event.CANCELLED, reason=str(signal))


async def _decided(context: FlowContext, asked: int) -> StepReport:
    """Wait for the decision on the review of round `asked`.

    A word that answers an earlier review came too late, and one that is not known says nothing: both are left.
    """
    while True:
        word, _, rest = (await context.wait_for(DECISION) or "").partition(" ")
        number, _, comment = rest.partition(" ")
        if word == WordKind.CANCEL:
            return StepReport(Event.CANCELLED, reason="cancelled by a person")
        if word in DECIDED and number == str(asked):
            return StepReport(DECIDED[WordKind(word)], reason=comment)
