"""When and how long to wait before asking again, and when to leave a provider alone for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from journeyman.domain.errors import ModelMisbehaved, ModelOutage

LONGEST_RETRY_AFTER = 120.0
"""Seconds; a provider that wants a longer pause is out for this question."""


class BackOff(msgspec.Struct, frozen=True):
    """How often a kind of failure is tried in all; the wait doubles from `first` to `longest` seconds."""

    tries: int
    first: float
    longest: float

    def wait(self, failures: int, chance: float) -> float:
        """Return the seconds after so many failures; `chance` from 0 to 1 takes up to half of them off."""
        return float(min(self.longest, self.first * 2 ** (failures - 1)) * (1 - chance / 2))


BACK_OFFS = {
    "rate_limit": BackOff(8, 2.0, 60.0),
    "overload": BackOff(7, 2.0, 60.0),
    "server": BackOff(5, 1.0, 20.0),
    "network": BackOff(6, 0.5, 20.0),
    "timeout": BackOff(3, 1.0, 10.0),
    "garbled": BackOff(3, 0.5, 5.0),
}

Failure = ModelOutage | ModelMisbehaved


def reason_of(failure: Failure) -> str:
    """Return why a request failed; an answer that cannot be read is `garbled`."""
    return failure.reason if isinstance(failure, ModelOutage) else "garbled"


def wait_before_next(failure: Failure, failures: int, chance: float) -> float | None:
    """Return the seconds to wait before trying again; None to give up. `failures` counts those of this reason."""
    back_off = BACK_OFFS.get(reason_of(failure), BACK_OFFS["server"])
    named = failure.retry_after if isinstance(failure, ModelOutage) else None
    if failures >= back_off.tries or (named or 0.0) > LONGEST_RETRY_AFTER:
        return None
    own = back_off.wait(failures, chance)
    return own if named is None else named + chance


class Breakers:
    """One circuit breaker for each provider: after `limit` failures in a row it is left alone for `pause` seconds.

    Then one question may try; its failure opens the circuit again, a success closes it.
    """

    def __init__(self, clock: Callable[[], datetime], limit: int = 5, pause: float = 30.0) -> None:
        self._clock = clock
        self._limit = limit
        self._pause = timedelta(seconds=pause)
        self._failures: dict[str, int] = {}
        self._open_until: dict[str, datetime] = {}

    def pause_left(self, provider: str) -> float:
        """Return the seconds that a provider is still to be left alone. Taking 0 is taking the turn to try."""
        until = self._open_until.get(provider)
        if until is None:
            return 0.0
        left = (until - self._clock()).total_seconds()
        if left > 0:
            return left
        self._open_until[provider] = self._clock() + self._pause
        return 0.0

    def succeeded(self, provider: str) -> None:
        """Take in a success, or a failure that is not the provider's."""
        self._failures.pop(provider, None)
        self._open_until.pop(provider, None)

    def failed(self, provider: str) -> None:
        """Take in an outage."""
        self._failures[provider] = self._failures.get(provider, 0) + 1
        if self._failures[provider] >= self._limit:
            self._open_until[provider] = self._clock() + self._pause
