"""The engines of the battery: each runs flows in processes of its kind, and lets time pass in its way."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Protocol

from temporalio.client import Client
from temporalio.testing import TimeSkipper

from journeyman.engines import Engine, Flow, Journal, Steps
from journeyman.engines.embedded import JournalEngine
from journeyman.engines.inline import MemoryJournal
from journeyman.engines.temporal.activities import StepActivities
from journeyman.engines.temporal.engine import TemporalEngine
from journeyman.engines.temporal.worker import TemporalWorker
from tests.engines.workflows import WORKFLOWS
from tests.store.rows import Clock, counted_ids

HEARTBEAT_SECONDS = 2.0


class Stage(Protocol):
    """One kind of engine. `clock` is what steps sleep by."""

    clock: Clock

    def process(self, flow: Flow, steps: Steps) -> AbstractAsyncContextManager[Engine]:
        """An engine with a process that carries its flows out; leaving ends the process."""
        ...

    async def jump(self, run_id: str, **parts: float) -> None:
        """Let time pass."""
        ...


class JournalStage:
    """Flows in the test's own process, on a journal; time is the injected clock."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.clock = clock
        self._journal = journal
        self._ids = counted_ids()

    @asynccontextmanager
    async def process(self, flow: Flow, steps: Steps) -> AsyncIterator[Engine]:
        yield JournalEngine(self._journal, flow, steps, self.clock, self._ids, sleep=self.clock.sleep)

    async def jump(self, run_id: str, **parts: float) -> None:
        self.clock.jump(**parts)


class TemporalStage:
    """Flows on a real Temporal server, which skips time; a process is a worker."""

    def __init__(self, client: Client, clock: Clock, journal: Journal | None = None, task_queue: str = "") -> None:
        self.clock = clock
        self.client = client
        self.task_queue = task_queue or f"queue-{uuid.uuid4().hex}"
        self.journal = journal or MemoryJournal(clock)
        self.let_go: list[str] = []
        self.idle_seconds = 30.0
        self.renew_seconds = 10.0
        self.missing: Exception | None = None

    async def connect(self) -> Client:
        return self.client

    @asynccontextmanager
    async def process(self, flow: Flow, steps: Steps) -> AsyncIterator[TemporalEngine]:
        stop = asyncio.Event()
        activities = StepActivities(
            self.journal,
            steps,
            self._let_go,
            admit=self._admit,
            sleep=self.clock.sleep,
            renew_seconds=self.renew_seconds,
            idle_seconds=self.idle_seconds,
        )
        worker = TemporalWorker(
            self.connect,
            self.task_queue,
            activities,
            at_once=10,
            workflows=[WORKFLOWS[flow]],
            grace=timedelta(0),
            beat_at_most_every=timedelta(seconds=0.5),
        )
        work = asyncio.ensure_future(worker.work(stop))
        try:
            yield self.engine(flow)
        finally:
            stop.set()
            await work

    def engine(self, flow: Flow) -> TemporalEngine:
        name = flow.__name__.removeprefix("changed_")
        return TemporalEngine(self.connect, self.task_queue, self.journal, name, heartbeat_seconds=HEARTBEAT_SECONDS)

    async def jump(self, run_id: str, **parts: float) -> None:
        handle = self.client.get_workflow_handle(run_id)
        assert await TimeSkipper(self.client).fast_forward(handle, timedelta(**parts))

    async def _admit(self, run_id: str) -> None:
        if self.missing is not None:
            raise self.missing

    async def _let_go(self, run_id: str) -> None:
        self.let_go.append(run_id)
