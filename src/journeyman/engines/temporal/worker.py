"""A process that carries out what Temporal gives it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from journeyman.engines.temporal.activities import StepActivities
from journeyman.engines.temporal.address import Connect
from journeyman.engines.temporal.flows import DeliverChange

GRACE = timedelta(seconds=10)
"""How long steps may go on when the worker is to end; then they are given back."""


class TemporalWorker:
    """Takes steps from a task queue, `at_once` at most, and makes the decisions of flows."""

    def __init__(
        self,
        connect: Connect,
        task_queue: str,
        steps: StepActivities,
        *,
        at_once: int,
        workflows: Sequence[type] = (DeliverChange,),
        grace: timedelta = GRACE,
        beat_at_most_every: timedelta = timedelta(seconds=3),
    ) -> None:
        self._connect = connect
        self._task_queue = task_queue
        self._steps = steps
        self._at_once = at_once
        self._workflows = workflows
        self._grace = grace
        self._beat_at_most_every = beat_at_most_every

    async def work(self, stop: asyncio.Event) -> None:
        """Work until told to stop; steps that do not end in time are given back. Outage without a server."""
        worker = Worker(
            await self._connect(),
            task_queue=self._task_queue,
            workflows=self._workflows,
            activities=self._steps.activities(),
            max_concurrent_activities=self._at_once,
            # Flows touch no clock, chance or network: the law of imports says so. A sandbox would import them again
            # for every single run.
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_heartbeat_throttle_interval=self._beat_at_most_every,
            default_heartbeat_throttle_interval=self._beat_at_most_every,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=5),
            graceful_shutdown_timeout=self._grace,
        )
        async with worker:
            await stop.wait()
