"""Telling other systems: channels for the notifications of the outbox."""

from __future__ import annotations

from typing import Protocol

from journeyman.domain.runs import Notification


def delivery_id(notification: Notification) -> str:
    """Return what names a notification, however often it is delivered."""
    return f"{notification.workflow_id}.{notification.notification_type}.{notification.timestamp.isoformat()}"


class Channel(Protocol):
    """One way out. A delivery may be repeated, with the same `delivery_id`, so that the receiver can tell."""

    async def send(self, notification: Notification) -> None:
        """Deliver; Outage if it did not arrive."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
