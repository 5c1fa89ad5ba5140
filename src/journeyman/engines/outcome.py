"""How a step ended, as an engine records it: the same for every engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from journeyman.domain.errors import Cancelled, FlowBroken, JourneymanError, LeaseLost, LimitReached, Outage
from journeyman.flows import StepRef


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a step ended that did not return. `kind` is outage, limit, cancelled or failed."""

    kind: str
    message: str
    advice: str = ""
    limit: str = ""

    def error(self) -> JourneymanError | Cancelled:
        """Return what the flow sees: the same at first and when it is run again."""
        if self.kind == "cancelled":
            return Cancelled(self.message)
        if self.kind == "limit":
            return LimitReached(self.limit, self.message, self.advice)
        return (Outage if self.kind == "outage" else JourneymanError)(self.message, self.advice)


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of an entry: a value as JSON, or a fault."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    fault: Fault | None = None


async def tried(
    step: StepRef[Any, Any],
    body: Callable[[Any], Awaitable[Any]],
    given: Any,
    sleep: Callable[[float], Awaitable[None]],
) -> Outcome:
    """Run a step's body, again after an Outage as often as its `retry` says. LeaseLost is no end of the step."""
    wait = step.retry.first_wait
    for left in reversed(range(step.retry.attempts)):
        try:
            return returned(await body(given))
        except LeaseLost:
            raise
        except Outage as error:
            if not left or error.exhausted:
                return Outcome(fault=fault_of(error))
            await sleep(wait)
        except (JourneymanError, Cancelled) as error:
            return Outcome(fault=fault_of(error))
        wait *= 2
    raise FlowBroken(f"{step!r} allows no attempt")


def returned(value: Any) -> Outcome:
    """Return the outcome of what returned a value."""
    return Outcome(msgspec.Raw(msgspec.json.encode(value)))


def fault_of(error: JourneymanError | Cancelled) -> Fault:
    """Return an error as a fault."""
    if isinstance(error, Cancelled):
        return Fault("cancelled", str(error))
    if isinstance(error, LimitReached):
        return Fault("limit", error.message, error.advice, error.limit)
    return Fault("outage" if isinstance(error, Outage) else "failed", error.message, error.advice)
