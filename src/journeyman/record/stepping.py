"""The flow's side of a replay: each step's report and the journal are compared with the recorded ones.

What came from outside then, and cannot be had again (an outage, a limit, a person's cancelling, a rejected push),
is taken from the record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from journeyman.domain.errors import JourneymanError, Signal
from journeyman.domain.runs import StepReport
from journeyman.domain.states import Event
from journeyman.engines import Fault, Outcome, Steps
from journeyman.record.comparing import CannotPlay, Comparison, RecordEnds
from journeyman.record.reading import Recording

FROM_OUTSIDE = frozenset({Event.FAILED, Event.GIT_BROKEN, Event.ENVIRONMENT_BROKEN})
"""Events of a report that the outside may have caused."""

PASSING = frozenset({"outage", "limit", "cancelled"})
"""Faults that the outside caused."""


class PlayedSteps:
    """Runs the steps of a flow again, one after another."""

    def __init__(self, recording: Recording, comparison: Comparison) -> None:
        entries = [recording.journal[position] for position in sorted(recording.journal)]
        self._journaled = bool(entries)
        self._left = [entry for entry in entries if entry.name.startswith("step ")]
        self._comparison = comparison
        self._unfinished = False

    def unfinished(self) -> bool:
        """Return whether the step that is at work never ended by itself in the record."""
        return self._unfinished

    def of(self, steps: Steps) -> Steps:
        """Return the steps, each to be compared with its record."""
        return {ref: self._played(ref, body) for ref, body in steps.items()}

    def _played(self, ref: Any, body: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def played(given: Any) -> Any:
            entry = self._left.pop(0) if self._left else None
            if entry is not None and entry.name != f"step {ref.name}":
                self._comparison.differ(f"step {ref.name}", "the flow takes another way", entry.name, ref.name)
            outcome = None if entry is None else msgspec.json.decode(entry.result, type=Outcome)
            self._unfinished = self._journaled and (outcome is None or outcome.fault is not None)
            return await self._compared(ref, outcome, body, given)

        return played

    async def _compared(
        self, ref: Any, outcome: Outcome | None, body: Callable[[Any], Awaitable[Any]], given: Any
    ) -> Any:
        recorded = None if outcome is None or outcome.fault else msgspec.json.decode(outcome.value, type=ref.returns)
        outside = isinstance(recorded, StepReport) and recorded.event in FROM_OUTSIDE
        try:
            report = await body(given)
        except (RecordEnds, CannotPlay) as end:
            if outcome is None or (outcome.fault is None and not outside and isinstance(end, CannotPlay)):
                raise
            if outcome.fault is None and not outside:
                self._comparison.differ(f"step {ref.name}", "goes on where the record has ended", "the end", "more")
            report = recorded
        except (JourneymanError, Signal) as error:
            report = self._failed(ref.name, outcome, outside, recorded, error)
        if outcome is None:
            if self._journaled:
                raise RecordEnds
            return report
        if outcome.fault is not None and outcome.fault.kind in PASSING:
            raise self._again(ref.name, outcome.fault)
        if report != recorded:
            self._judge(ref.name, outside, recorded, report)
        self._comparison.counts["steps"] += 1
        return recorded

    def _failed(
        self, name: str, outcome: Outcome | None, outside: bool, recorded: Any, error: JourneymanError | Signal
    ) -> Any:
        """Return the recorded report of a step that fails now, if it may have failed then; raise otherwise."""
        if outcome is None or (outcome.fault is not None and outcome.fault.kind not in PASSING):
            raise error
        if outcome.fault is None and not outside:
            self._comparison.differ(f"step {name}", "it fails now", _text(recorded), str(error))
        return recorded

    def _again(self, name: str, fault: Fault) -> BaseException:
        """Return the recorded fault, to be raised; nothing tries it again."""
        self._comparison.remark(f"step {name} ended from outside, as recorded: {fault.message}")
        error = fault.error()
        if hasattr(error, "exhausted"):
            error.exhausted = True
        return error

    def _judge(self, name: str, outside: bool, recorded: Any, report: Any) -> None:
        if outside:
            self._comparison.remark(f"step {name} was stopped by the outside then, and is not now")
            return
        self._comparison.same("reports", f"step {name}", "its report differs", _text(recorded), _text(report))


def _text(report: Any) -> str:
    return msgspec.json.encode(report).decode()
