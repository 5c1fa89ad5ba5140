"""A flow as a Temporal workflow. Its history takes the place of the journal: only ids and single lines are in it."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from journeyman.domain.errors import Cancelled, FlowBroken, JourneymanError
from journeyman.domain.runs import Order
from journeyman.engines.contract import Flow
from journeyman.engines.outcome import Fault, fault_of
from journeyman.engines.replay import SHORT_SLEEP
from journeyman.flows import StepRef, deliver_change

In = TypeVar("In")
Out = TypeVar("Out")

LONGEST_STEP = timedelta(days=7)
"""A step that lasts longer counts as lost. Its own limits end it long before."""

AGAIN = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))
"""How a step whose worker was killed, or does not have the lease yet, is given out again: without end. How often a
step is tried after an outage is the business of the worker that has it."""

BROKEN_FLOW = "flow failed"
"""The type of a workflow's failure that is an error of ours, in its details as a `Fault`."""


class FlowRun:
    """What every flow has as a workflow: messages come as signals, and anyone may ask whether it rests."""

    def __init__(self) -> None:
        self.messages: defaultdict[str, deque[str]] = defaultdict(deque)
        self.waiting = 0
        self.at_work = 0

    @workflow.signal
    def say(self, topic: str, text: str) -> None:
        """Leave a message."""
        self.messages[topic].append(text)

    @workflow.query
    def rests(self) -> bool:
        """Whether the flow does nothing but wait."""
        return self.waiting > 0 and self.at_work == 0

    async def through(self, flow: Flow, order: dict[str, Any], heartbeat_seconds: float) -> str:
        """Take a run through a flow."""
        context = WorkflowContext(self, timedelta(seconds=heartbeat_seconds))
        try:
            return await flow(context, msgspec.convert(order, Order))
        except JourneymanError as error:
            details = msgspec.to_builtins(fault_of(error))
            raise ApplicationError(error.message, details, type=BROKEN_FLOW, non_retryable=True) from error


@workflow.defn(name="deliver_change")
class DeliverChange(FlowRun):
    """`flows.deliver_change` as a workflow."""

    @workflow.run
    async def run(self, order: dict[str, Any], heartbeat_seconds: float) -> str:
        """Return the name of the run's last state."""
        return await self.through(deliver_change, order, heartbeat_seconds)


class WorkflowContext:
    """The context of one flow; fits `FlowContext`. A step is an activity of its name."""

    def __init__(self, run: FlowRun, heartbeat: timedelta) -> None:
        self._run = run
        self._heartbeat = heartbeat
        self._last_worker = ""

    async def call(self, step: StepRef[In, Out], given: In) -> Out:
        """Run a step once and return its result. Outage after the last retry; Cancelled if cancelled."""
        self._run.at_work += 1
        try:
            value, self._last_worker = await workflow.execute_activity(
                step.name,
                args=[msgspec.to_builtins(given), self._last_worker],
                start_to_close_timeout=LONGEST_STEP,
                heartbeat_timeout=self._heartbeat,
                retry_policy=AGAIN,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        except ActivityError as error:
            self._last_worker = ""
            raise _seen_by_the_flow(step, error) from error
        finally:
            self._run.at_work -= 1
        return msgspec.convert(value, step.returns)

    async def wait_for(self, topic: str, timeout_seconds: float | None = None) -> str | None:
        """Wait for a message on a topic; None when the time is over."""
        messages = self._run.messages[topic]
        return messages.popleft() if await self._rest(lambda: bool(messages), timeout_seconds) else None

    async def sleep(self, seconds: float) -> None:
        """Let time pass, also across a restart."""
        if seconds > SHORT_SLEEP:
            await self._rest(lambda: False, seconds)
        elif seconds > 0:
            await asyncio.sleep(seconds)

    async def now(self) -> datetime:
        """Return the time, UTC."""
        return workflow.now()

    async def new_id(self) -> str:
        """Return a fresh unique id."""
        return str(workflow.uuid4())

    async def publish(self, state: str) -> None:
        """Show the state to those who look at the workflow."""
        workflow.set_current_details(state)

    async def _rest(self, until: Callable[[], bool], seconds: float | None) -> bool:
        """Wait; False when the time is over. Cancelled if the workflow was cancelled in Temporal."""
        self._run.waiting += 1
        try:
            await workflow.wait_condition(until, timeout=seconds)
        except TimeoutError:
            return False
        except asyncio.CancelledError:
            raise Cancelled("cancelled in Temporal") from None
        finally:
            self._run.waiting -= 1
        return True


def _seen_by_the_flow(step: StepRef[Any, Any], error: ActivityError) -> JourneymanError | Cancelled:
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.details:
        return msgspec.convert(cause.details[0], Fault).error()
    if is_cancelled_exception(error):
        return Cancelled("cancelled in Temporal")
    return FlowBroken(f"{step!r} was lost: {cause or error}", "see the workflow in Temporal")
