"""The border of a step: where errors are caught, once, and become a recorded outcome."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from journeyman.domain.errors import (
    BranchTaken,
    DiskFailed,
    EnvironmentBroken,
    GitFailed,
    JourneymanError,
    LeaseLost,
    LimitReached,
    Outage,
)
from journeyman.domain.runs import ActivityType, Run, StepGiven, StepReport
from journeyman.domain.states import RECOVERY, Event, State
from journeyman.steps.desk import Desk
from journeyman.steps.interruptions import Interruptions
from journeyman.steps.site import Sites

Body = Callable[[Desk, Sites, Run, StepGiven], Coroutine[Any, Any, StepReport]]


class Border:
    """Wraps the body of a step: records the state, looks for interruptions, turns errors into events."""

    def __init__(self, desk: Desk, sites: Sites, state: State | None, body: Body) -> None:
        self._desk = desk
        self._sites = sites
        self._state = state
        self._body = body

    async def __call__(self, given: StepGiven) -> StepReport:
        """Run the step. LimitReached, Outage and Cancelled go on to the flow; they are not recorded as done."""
        run = await self._desk.runs.get(given.run_id)
        if self._state is None:
            return await self._body(self._desk, self._sites, run, given)
        await self._desk.runs.set_state(run.run_id, self._state, None, self._desk.clock())
        run = await self._desk.runs.get(given.run_id)
        interruptions = Interruptions(self._desk, run)
        await interruptions.check()
        try:
            report = await interruptions.watch(self._work(run, given))
        except LeaseLost:
            await self._sites.close(run.run_id)
            raise
        except (LimitReached, Outage) as error:
            await self._desk.note(run, error.line(), ActivityType.ERROR)
            await self._sites.close(run.run_id)
            raise
        except JourneymanError as error:
            report = StepReport(self._event(error), error.line(), error.line())
            await self._desk.note(run, error.line(), ActivityType.ERROR)
        if report.summary:
            await self._desk.note(
                run, report.summary, details={"state": self._state.value, "event": report.event.value}
            )
        return report

    async def _work(self, run: Run, given: StepGiven) -> StepReport:
        """Do the step's work; what the disk refuses anywhere in it is one kind of outage."""
        try:
            return await self._body(self._desk, self._sites, run, given)
        except OSError as error:
            failed = DiskFailed.of(error)
            if failed is None:
                raise
            raise failed from error

    def _event(self, error: JourneymanError) -> Event:
        events = {
            EnvironmentBroken: Event.ENVIRONMENT_BROKEN,
            GitFailed: Event.GIT_BROKEN,
            BranchTaken: Event.BRANCH_TAKEN,
        }
        event = events.get(type(error), Event.FAILED)
        return event if self._state is not None and (self._state, event) in RECOVERY else Event.FAILED
