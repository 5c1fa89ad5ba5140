"""Where Temporal is, and how to get there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from journeyman.domain.errors import Outage

Connect = Callable[[], Awaitable[Client]]


@dataclass(frozen=True)
class Address:
    """A Temporal server, and the names that Journeyman uses there."""

    host: str
    namespace: str
    task_queue: str

    async def connect(self) -> Client:
        """Return a client. Outage if no server answers."""
        try:
            return await Client.connect(self.host, namespace=self.namespace)
        except (RuntimeError, ValueError) as error:
            raise Outage(f"no Temporal server answers at {self.host}", "check TEMPORAL_HOST, then resume") from error


@asynccontextmanager
async def answered() -> AsyncIterator[None]:
    """Turn Temporal's silence into an Outage."""
    try:
        yield
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise
        advice = "check TEMPORAL_HOST and TEMPORAL_NAMESPACE, then resume"
        raise Outage(f"Temporal does not answer: {error.message}", advice) from error
