"""The state machine of a delivered change, as data: the flow obeys it and the documentation draws it."""

from __future__ import annotations

from enum import StrEnum

from journeyman.domain.errors import FlowBroken


class State(StrEnum):
    """Where a run stands."""

    INIT = "INIT"
    ANALYZE = "ANALYZE"
    PLAN = "PLAN"
    CODE = "CODE"
    TEST = "TEST"
    VALIDATE = "VALIDATE"
    REVIEW = "REVIEW"
    COMMIT = "COMMIT"
    PR = "PR"
    WAITING = "WAITING"
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    ESCALATED = "ESCALATED"

    @property
    def final(self) -> bool:
        """Whether nothing follows."""
        return self in FINAL

    @property
    def status(self) -> str:
        """The word that `show` and the result use: running, waiting, complete, failed, cancelled, escalated."""
        if self.final or self is State.WAITING:
            return self.value.lower()
        return "running"


FINAL = frozenset({State.COMPLETE, State.FAILED, State.CANCELLED, State.ESCALATED})


class Event(StrEnum):
    """What a state ended with."""

    DONE = "done"
    CHANGED = "changed"
    STUCK = "stuck"
    CHECKS_FAILED = "checks failed"
    BUILD_BROKEN = "build broken"
    ENVIRONMENT_BROKEN = "environment broken"
    GIT_BROKEN = "git broken"
    BRANCH_TAKEN = "branch taken"
    OBJECTION = "objection"
    NEEDS_PERSON = "needs a person"
    APPROVED = "approved"
    REJECTED = "rejected"
    OUT_OF_ROUNDS = "out of rounds"
    LIMIT = "limit reached"
    OUTAGE = "outage"
    FAILED = "failed"
    CANCELLED = "cancelled"


_S, _E = State, Event

TRANSITIONS: dict[tuple[State, Event], State] = {
    (_S.INIT, _E.DONE): _S.ANALYZE,
    (_S.ANALYZE, _E.DONE): _S.PLAN,
    (_S.PLAN, _E.DONE): _S.CODE,
    (_S.PLAN, _E.STUCK): _S.ESCALATED,
    (_S.CODE, _E.CHANGED): _S.TEST,
    (_S.CODE, _E.STUCK): _S.ESCALATED,
    (_S.TEST, _E.DONE): _S.VALIDATE,
    (_S.VALIDATE, _E.DONE): _S.REVIEW,
    (_S.VALIDATE, _E.OBJECTION): _S.CODE,
    (_S.REVIEW, _E.DONE): _S.COMMIT,
    (_S.REVIEW, _E.NEEDS_PERSON): _S.WAITING,
    (_S.WAITING, _E.APPROVED): _S.COMMIT,
    (_S.WAITING, _E.REJECTED): _S.CODE,
    (_S.COMMIT, _E.DONE): _S.PR,
    (_S.PR, _E.DONE): _S.COMPLETE,
    (_S.PR, _E.NEEDS_PERSON): _S.ESCALATED,
}
"""What follows when a state ends as expected, or with a person's word."""

RECOVERY: dict[tuple[State, Event], State] = {
    (_S.TEST, _E.BUILD_BROKEN): _S.CODE,
    (_S.TEST, _E.CHECKS_FAILED): _S.CODE,
    (_S.ANALYZE, _E.ENVIRONMENT_BROKEN): _S.ANALYZE,
    (_S.TEST, _E.ENVIRONMENT_BROKEN): _S.ANALYZE,
    (_S.INIT, _E.GIT_BROKEN): _S.INIT,
    (_S.COMMIT, _E.GIT_BROKEN): _S.COMMIT,
    (_S.PR, _E.GIT_BROKEN): _S.PR,
    (_S.PR, _E.BRANCH_TAKEN): _S.PR,
}
"""What is tried when a state ends badly; each at most ROUNDS times, then OUT_OF_ROUNDS."""

ANYWHERE: dict[Event, State] = {
    _E.OUT_OF_ROUNDS: _S.ESCALATED,
    _E.LIMIT: _S.FAILED,
    _E.OUTAGE: _S.FAILED,
    _E.FAILED: _S.FAILED,
    _E.CANCELLED: _S.CANCELLED,
}
"""What ends a run from every state that is not final."""

AGAIN = frozenset({*RECOVERY, (_S.VALIDATE, _E.OBJECTION)})
"""What may send a run back only ROUNDS times; a person's rejection may do so as often as they like."""

ROUNDS = 3


def follow(state: State, event: Event) -> State:
    """Return the state that follows. FlowBroken if the tables do not know the pair."""
    if state.final:
        raise FlowBroken(f"{state} is final, yet met '{event}'")
    for table in (TRANSITIONS, RECOVERY):
        if (state, event) in table:
            return table[(state, event)]
    if event in ANYWHERE:
        return ANYWHERE[event]
    raise FlowBroken(f"{state} does not know the event '{event}'")
