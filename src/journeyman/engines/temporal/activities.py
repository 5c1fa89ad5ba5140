"""Steps as Temporal activities: each is done under the run's lease, and its heart beats meanwhile."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from journeyman.domain.errors import JourneymanError
from journeyman.engines.contract import Leases, Steps
from journeyman.engines.holding import RENEW_SECONDS, SharedLeases, under_lease
from journeyman.engines.outcome import Outcome, tried
from journeyman.flows import StepRef

Body = Callable[[Any], Awaitable[Any]]

GIVEN_BACK = "given back"
"""The type of a failure that is no end of the step: whoever has the lease, or comes next, does it."""

EXPECTED = ApplicationErrorCategory.BENIGN
"""No fault of our own: nobody needs a traceback."""

AT_ONCE = timedelta(milliseconds=1)

BEATS = 4
"""How often a heart beats within the time after which it counts as dead."""

IDLE_SECONDS = 30.0
"""How long a worker keeps what it holds open for a run whose next step does not come."""


async def _anyone(run_id: str) -> None:
    """Every run is welcome."""


class StepActivities:
    """The steps of flows for one worker. `let_go` closes what this process holds open for a run.

    `admit` raises an error of ours if this machine lacks what a run needs: then the step is left to other workers.
    """

    def __init__(
        self,
        leases: Leases,
        steps: Steps,
        let_go: Callable[[str], Coroutine[Any, Any, None]],
        *,
        admit: Callable[[str], Awaitable[None]] = _anyone,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        renew_seconds: float = RENEW_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._leases = SharedLeases(leases)
        self._steps = steps
        self._let_go = let_go
        self._admit = admit
        self._sleep = sleep
        self._renew_seconds = renew_seconds
        self._idle_seconds = idle_seconds
        self._name = uuid.uuid4().hex
        self._at_work: defaultdict[str, set[str]] = defaultdict(set)
        self._leaving: dict[str, asyncio.Task[None]] = {}

    def activities(self) -> list[Callable[..., Awaitable[Any]]]:
        """Return one activity for each step."""
        return [self._activity(step, body) for step, body in self._steps.items()]

    def _activity(self, step: StepRef[Any, Any], body: Body) -> Callable[..., Awaitable[Any]]:
        @activity.defn(name=step.name)
        async def carry_out(given: Any, last_worker: str) -> Any:
            return await self._carry_out(step, body, msgspec.convert(given, step.given), last_worker)

        return carry_out

    async def _carry_out(self, step: StepRef[Any, Any], body: Body, given: Any, last_worker: str) -> Any:
        run_id = activity.info().workflow_id or ""
        with self._alone(run_id, activity.info().activity_id) as first:
            stale = run_id if first and last_worker != self._name else None
            work = partial(self._held, step, body, given, stale)
            heart = asyncio.ensure_future(_beat())
            try:
                await self._admit(run_id)
                outcome = await under_lease(self._leases, run_id, work, self._renew_seconds)
            except JourneymanError as error:
                # Of the lease, the store or this machine: the errors of the step itself are in the outcome.
                raise _given_back(error.line()) from error
            except asyncio.CancelledError:
                if _worker_ends():
                    raise _given_back("the worker ends", AT_ONCE) from None
                raise
            finally:
                heart.cancel()
        return [_value(outcome), self._name]

    async def _held(self, step: StepRef[Any, Any], body: Body, given: Any, stale: str | None, fence: int) -> Outcome:
        """Do the step. What is open here for a run that another worker had meanwhile does not fit any more."""
        if stale is not None:
            await self._let_go(stale)
        return await tried(step, body, given, self._sleep)

    @contextmanager
    def _alone(self, run_id: str, activity_id: str) -> Iterator[bool]:
        """Be the only one at a step here, though it was given out twice. True if the run has no other step here."""
        at_work = self._at_work[run_id]
        if activity_id in at_work:
            raise _given_back("the step is still at work here")
        leaving = self._leaving.pop(run_id, None)
        if leaving is not None:
            leaving.cancel()
        at_work.add(activity_id)
        try:
            yield len(at_work) == 1
        finally:
            at_work.remove(activity_id)
            if not at_work:
                del self._at_work[run_id]
                self._leaving[run_id] = asyncio.ensure_future(self._leave(run_id))

    async def _leave(self, run_id: str) -> None:
        await asyncio.sleep(self._idle_seconds)
        del self._leaving[run_id]
        await self._let_go(run_id)


def _value(outcome: Outcome) -> Any:
    """Return what the step returned, or fail as it did; a step that has ended is not given out again."""
    fault = outcome.fault
    if fault is not None:
        details = msgspec.to_builtins(fault)
        raise ApplicationError(fault.message, details, type=fault.kind, non_retryable=True, category=EXPECTED)
    return msgspec.json.decode(outcome.value)


def _given_back(words: str, again: timedelta | None = None) -> ApplicationError:
    return ApplicationError(words, type=GIVEN_BACK, next_retry_delay=again, category=EXPECTED)


def _worker_ends() -> bool:
    """Whether a step was cancelled by the end of its worker only."""
    details = activity.cancellation_details()
    return activity.is_worker_shutdown() and not (details and details.cancel_requested)


async def _beat() -> None:
    """Tell Temporal, as long as the step lasts, that its worker is alive."""
    timeout = activity.info().heartbeat_timeout
    with suppress(asyncio.CancelledError):
        while timeout:
            activity.heartbeat()
            await asyncio.sleep(timeout.total_seconds() / BEATS)
