"""Which body belongs to which step of the flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from journeyman.domain.runs import StepGiven, StepReport
from journeyman.domain.states import State
from journeyman.flows import CONCLUDE, STEP_OF, StepRef
from journeyman.steps.border import Body, Border
from journeyman.steps.desk import Desk
from journeyman.steps.learn import conclude
from journeyman.steps.plan import plan
from journeyman.steps.publish import commit, publish
from journeyman.steps.review import review
from journeyman.steps.site import Sites
from journeyman.steps.understand import prepare, understand
from journeyman.steps.verify import check, validate
from journeyman.steps.write import write

BODIES: dict[State, Body] = {
    State.INIT: prepare,
    State.ANALYZE: understand,
    State.PLAN: plan,
    State.CODE: write,
    State.TEST: check,
    State.VALIDATE: validate,
    State.REVIEW: review,
    State.COMMIT: commit,
    State.PR: publish,
}


def steps_of(desk: Desk, sites: Sites) -> dict[StepRef[Any, Any], Callable[[Any], Awaitable[Any]]]:
    """Return the body of each step of `deliver_change`."""
    steps: dict[StepRef[StepGiven, StepReport], Callable[[StepGiven], Awaitable[StepReport]]] = {
        STEP_OF[state]: Border(desk, sites, state, body) for state, body in BODIES.items()
    }
    steps[CONCLUDE] = Border(desk, sites, None, conclude)
    return steps
