"""Telling other systems: channels for the notifications of the outbox."""

from __future__ import annotations

from typing import Protocol

from journeyman.domain.runs import Notification


class Channel(Protocol):
    """One way out. Delivery may repeat, so the receiver sees the same `workflow_id` and timestamp again."""

    async def send(self, notification: Notification) -> None:
        """Deliver; Outage if it did not arrive."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
