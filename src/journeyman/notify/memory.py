"""A channel into memory: for tests, and to look at what would be sent."""

from __future__ import annotations

from journeyman.domain.errors import Outage
from journeyman.domain.runs import Notification


class MemoryChannel:
    """Fits `Channel`. `arrived` is what was delivered, in order; while `down`, nothing is."""

    def __init__(self) -> None:
        self.arrived: list[Notification] = []
        self.down = False

    async def send(self, notification: Notification) -> None:
        """Deliver; Outage while it is down."""
        if self.down:
            raise Outage("the channel is down", "it is sent again")
        self.arrived.append(notification)

    async def close(self) -> None:
        """Nothing is open."""
