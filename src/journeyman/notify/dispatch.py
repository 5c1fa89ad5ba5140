"""Sends what waits in the outbox: at least once, in order, and never at the cost of a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from journeyman.domain.errors import JourneymanError, LeaseLost
from journeyman.domain.runs import Notification
from journeyman.notify.contract import Channel

FIRST_WAIT = 1.0
LONGEST_WAIT = 3600.0
"""Seconds before a notification is tried again; the wait doubles from the first to the longest."""

BATCH = 50


class Waiting(Protocol):
    """What the dispatcher needs of the outbox."""

    async def due(self, now: datetime, limit: int = 50) -> tuple[tuple[int, Notification, int], ...]:
        """Return (number, notification, attempts so far) of what is to be sent now."""
        ...

    async def delivered(self, number: int, at: datetime) -> None:
        """Take one out."""
        ...

    async def postponed(self, number: int, until: datetime, error: str) -> None:
        """Try one again later."""
        ...


class Turn(Protocol):
    """The right to send, held by one process of all that share an outbox."""

    async def renew(self) -> bool:
        """Hold it longer; False if another process has it now."""
        ...

    async def release(self) -> None:
        """Give it back."""
        ...


class Dispatcher:
    """Sends notifications by all channels. One that failed holds back the later ones of its workflow.

    `take_turn` gives the right to send, None while another process has it: that one looks into the outbox once more
    before it ends, so nothing is left behind.
    """

    def __init__(
        self,
        outbox: Waiting,
        channels: Sequence[Channel],
        clock: Callable[[], datetime],
        take_turn: Callable[[], Awaitable[Turn | None]],
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._clock = clock
        self._take_turn = take_turn
        self._arrived: dict[int, set[int]] = {}

    async def dispatch(self) -> int:
        """Send everything that is due and return how many arrived. Never raises an error of ours."""
        sent = 0
        try:
            while await self._outbox.due(self._clock(), 1):
                turn = await self._take_turn()
                if turn is None:
                    break
                sent += await self._send_due(turn)
        except JourneymanError:
            # The outbox itself is out of reach, or another process sends now: what waits is sent next time.
            return sent
        return sent

    async def _send_due(self, turn: Turn) -> int:
        sent = 0
        try:
            while batch := await self._outbox.due(self._clock(), BATCH):
                sent += await self._send_all(turn, batch)
        finally:
            await turn.release()
        return sent

    async def close(self) -> None:
        """Close the channels."""
        for channel in self._channels:
            await channel.close()

    async def _send_all(self, turn: Turn, batch: tuple[tuple[int, Notification, int], ...]) -> int:
        sent = 0
        held_back: set[str] = set()
        for number, notification, attempts in batch:
            if notification.workflow_id in held_back:
                continue
            if not await turn.renew():
                raise LeaseLost("another process sends the notifications now")
            error = await self._send(number, notification)
            if error is None:
                await self._outbox.delivered(number, self._clock())
                self._arrived.pop(number, None)
                sent += 1
                continue
            held_back.add(notification.workflow_id)
            wait = min(FIRST_WAIT * 2 ** min(attempts, 20), LONGEST_WAIT)
            await self._outbox.postponed(number, self._clock() + timedelta(seconds=wait), error)
        return sent

    async def _send(self, number: int, notification: Notification) -> str | None:
        """Send by the channels that do not have it yet; return the last error, None if it arrived everywhere."""
        arrived = self._arrived.setdefault(number, set())
        error = None
        for place, channel in enumerate(self._channels):
            if place in arrived:
                continue
            try:
                await channel.send(notification)
            except JourneymanError as failure:
                error = failure.line()
            else:
                arrived.add(place)
        return error
