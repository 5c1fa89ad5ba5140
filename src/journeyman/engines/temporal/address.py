"""Where Temporal is, and how to get there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from journeyman.domain.errors import Outage
from journeyman.engines.temporal.redacting import Redacted, redacting

Connect = Callable[[], Awaitable[Client]]


@dataclass(frozen=True)
class Address:
    """A Temporal server and the namespace to use there. `redacted` takes secrets out of what is sent."""

    host: str
    namespace: str
    redacted: Redacted = str

    async def connect(self) -> Client:
        """Return a client. Outage if no server answers."""
        try:
            converter = redacting(self.redacted)
            return await Client.connect(self.host, namespace=self.namespace, data_converter=converter)
        except (RuntimeError, ValueError) as error:
            advice = "check TEMPORAL_HOST (HOST:PORT), or start the server"
            raise Outage(f"no Temporal server answers at {self.host}", advice) from error


@asynccontextmanager
async def answered() -> AsyncIterator[None]:
    """Turn Temporal's refusals and its silence into an Outage."""
    try:
        yield
    except RPCError as error:
        advice = "check TEMPORAL_HOST and TEMPORAL_NAMESPACE"
        raise Outage(f"Temporal does not do it: {error.message}", advice) from error


async def count_workers(client: Client, task_queue: str) -> int:
    """Return how many workers asked for steps within the last minutes."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    async with answered():
        return len((await client.workflow_service.describe_task_queue(request)).pollers)
