"""Shows a run's log as it grows, on standard error."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from journeyman.domain.runs import Activity, ActivityType

if TYPE_CHECKING:
    from journeyman.wiring import House

LOOK_EVERY = 0.2
SHOWN = 500
"""Characters of one line."""

MARKS = {
    ActivityType.PROGRESS: "·",
    ActivityType.FUNCTION_CALL: "$",
    ActivityType.MCP_CALL: "@",
    ActivityType.ERROR: "!",
}
COLOURS = {
    ActivityType.PROGRESS: "36",
    ActivityType.FUNCTION_CALL: "2",
    ActivityType.MCP_CALL: "2",
    ActivityType.ERROR: "31",
}

Returned = TypeVar("Returned")


def line_of(activity: Activity) -> str:
    """Return one line of the log as a person reads it, control characters taken out."""
    words = activity.message
    tool = activity.details.get("tool")
    if tool:
        words = f"{tool} {activity.details.get('arguments', '')} → {words}"
    plain = "".join(c if c.isprintable() else " " for c in " ".join(words.split()))
    cut = plain if len(plain) <= SHOWN else plain[:SHOWN] + "…"
    return f"{activity.timestamp:%H:%M:%S} {MARKS[activity.activity_type]} {cut}"


def show(activity: Activity) -> None:
    """Print one line, in colour on a terminal."""
    line = line_of(activity)
    if sys.stderr.isatty():
        line = f"\033[{COLOURS[activity.activity_type]}m{line}\033[0m"
    print(line, file=sys.stderr, flush=True)


async def showing(house: House, run_id: str, work: Coroutine[Any, Any, Returned]) -> Returned:
    """Do the work and show the run's log meanwhile, to its last line."""
    number = await last_number(house, run_id)
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK_EVERY)
            number = await catch_up(house, run_id, number)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    return task.result()


async def catch_up(house: House, run_id: str, number: int) -> int:
    """Show what is new after a number and return the newest number."""
    for activity in await house.inquiring.log(run_id, number):
        show(activity)
        number = activity.number
    return number


async def last_number(house: House, run_id: str) -> int:
    """Return the number of the run's newest line, 0 if there is none."""
    number = 0
    while lines := await house.inquiring.log(run_id, number):
        number = lines[-1].number
    return number
