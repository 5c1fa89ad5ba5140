"""The engine whose flows a Temporal server keeps: this process starts and follows them, workers carry them out."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from journeyman.domain.errors import JourneymanError
from journeyman.domain.runs import Order
from journeyman.domain.states import State
from journeyman.engines.contract import Journal
from journeyman.engines.holding import RENEW_SECONDS, under_lease
from journeyman.engines.outcome import Fault
from journeyman.engines.temporal.address import Connect, answered, count_workers
from journeyman.engines.temporal.histories import revival_event
from journeyman.engines.temporal.troubles import Trouble, check_for_trouble

HEARTBEAT_SECONDS = 15.0
"""How long a worker may be silent until its step is given to another one."""

LOOK_SECONDS = 0.2
"""How often a run that is followed is looked at."""

Handle = WorkflowHandle[Any, str]


async def _nobody(run_id: str, words: str) -> None:
    """Nobody is told."""


class TemporalEngine:
    """Starts flows of one kind as workflows and follows them; fits `Engine`. A workflow's id is its run's.

    Nothing of a flow happens in this process, so `run` needs a worker somewhere. One process at a time follows a run:
    a second one gets RunHeld, as with the other engines. `journal` gives the leases and keeps the messages; `tell`
    adds a line to a run's log.
    """

    def __init__(
        self,
        connect: Connect,
        task_queue: str,
        journal: Journal,
        workflow: str = "deliver_change",
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        renew_seconds: float = RENEW_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tell: Callable[[str, str], Awaitable[None]] = _nobody,
    ) -> None:
        self._connect = connect
        self._task_queue = task_queue
        self._journal = journal
        self._workflow = workflow
        self._heartbeat_seconds = heartbeat_seconds
        self._renew_seconds = renew_seconds
        self._sleep = sleep
        self._tell = tell
        self._client: Client | None = None

    async def begin(self, order: Order) -> bool:
        """Start a run's workflow, if it has none, for a worker to carry out."""
        await self._begun(order)
        return True

    async def run(self, order: Order) -> str:
        """Start or continue a run and follow it to its last state, or to `WAITING`.

        RunHeld if a live process follows it; FlowBroken if its worker cannot go on; Outage without a server.
        """
        return await self._alone(order, self._go_on)

    async def revive(self, order: Order) -> str:
        """Run again from the step that ended by an outage or a limit. Errors as `run`."""
        return await self._alone(order, self._go_back)

    async def send(self, run_id: str, topic: str, text: str) -> None:
        """Leave a message for a run, begun or not. A run that has ended hears nothing any more.

        It is kept in the store as well: a run's record tells what people said to it, whatever its engine.
        """
        await self._journal.send(run_id, topic, text)
        try:
            await self._started(Order(run_id), start_signal="say", start_signal_args=[topic, text])
        except WorkflowAlreadyStartedError:
            return

    async def _alone(self, order: Order, part: Callable[[Order], Awaitable[str]]) -> str:
        """Follow a run while no other process does. The run's own lease is its worker's."""

        async def work(fence: int) -> str:
            async with answered():
                return await part(order)

        return await under_lease(
            self._journal, order.run_id, work, self._renew_seconds, name=f"caller of {order.run_id}"
        )

    async def _go_on(self, order: Order) -> str:
        handle = await self._begun(order)
        if not await count_workers(await self._opened(), self._task_queue):
            queue = self._task_queue
            await self._tell(handle.id, f"waits for a worker on {queue}: journeyman worker --engine temporal")
        if (await handle.describe()).status in ENDED_FROM_OUTSIDE:
            await self._reset(handle)
        return await self._follow(handle)

    async def _go_back(self, order: Order) -> str:
        handle = await self._begun(order)
        if (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING:
            await self._reset(handle)
        return await self._follow(handle)

    async def _begun(self, order: Order) -> Handle:
        try:
            return await self._started(order)
        except WorkflowAlreadyStartedError:
            return (await self._opened()).get_workflow_handle(order.run_id, result_type=str)

    async def _started(self, order: Order, **signal: Any) -> Handle:
        client = await self._opened()
        conflict = WorkflowIDConflictPolicy.USE_EXISTING if signal else WorkflowIDConflictPolicy.FAIL
        async with answered():
            return await client.start_workflow(
                self._workflow,
                args=[msgspec.to_builtins(order), self._heartbeat_seconds],
                id=order.run_id,
                task_queue=self._task_queue,
                result_type=str,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=conflict,
                **signal,
            )

    async def _follow(self, handle: Handle) -> str:
        """Return how the workflow ends, or WAITING as soon as it does nothing but wait."""
        known: Trouble | None = None
        first = True
        while True:
            found = await handle.describe()
            if found.status is not WorkflowExecutionStatus.RUNNING:
                return await _result(handle)
            trouble = await check_for_trouble(handle, found)
            if first:
                known, first = trouble, False
            elif trouble is not None and trouble.is_news_after(known):
                raise trouble.error(handle.id)
            if _may_rest(found) and await _rests(handle):
                return State.WAITING.value
            await self._sleep(LOOK_SECONDS)

    async def _reset(self, handle: Handle) -> None:
        """Let the workflow go back to its last bad step: what came before stays done, the rest is forgotten."""
        client = await self._opened()
        history = await handle.fetch_history()
        await client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=handle.id),
                reason="revived",
                workflow_task_finish_event_id=revival_event(history.events),
                request_id=str(uuid.uuid4()),
            )
        )

    async def _opened(self) -> Client:
        if self._client is None:
            self._client = await self._connect()
        return self._client


ENDED_FROM_OUTSIDE = (
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.CANCELED,
    WorkflowExecutionStatus.TIMED_OUT,
)
"""How Temporal, or a person there, ends a workflow over its flow's head: the run itself has not ended."""

QUERY_TIME = timedelta(seconds=5)


def _may_rest(found: WorkflowExecutionDescription) -> bool:
    raw = found.raw_description
    return not raw.pending_activities and not raw.HasField("pending_workflow_task")


async def _rests(handle: Handle) -> bool:
    """Ask the workflow itself. While no worker is there to answer, it does not rest: it is held up."""
    try:
        return bool(await handle.query("rests", result_type=bool, rpc_timeout=QUERY_TIME))
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError, RPCError):
        return False


async def _result(handle: Handle) -> str:
    try:
        return await handle.result()
    except WorkflowFailureError as failure:
        cause = failure.cause
        if isinstance(cause, ApplicationError) and cause.details:
            raise msgspec.convert(cause.details[0], Fault).error() from failure
        raise JourneymanError(f"the workflow {handle.id} failed: {cause}", "see it in Temporal") from failure
