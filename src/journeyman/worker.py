"""Entrance: a process that carries runs out, its own or Temporal's, until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from journeyman.domain.errors import JourneymanError, WrongUse
from journeyman.wiring import open_house

ENDING = (signal.SIGTERM, signal.SIGINT)

SPARES = 2
"""Work trees with sandboxes that are kept ready for the next runs, each of a repository that was worked on lately."""


def main(arguments: list[str]) -> int:
    """Work until SIGTERM or SIGINT; return the exit code. What is under way then goes on elsewhere."""
    parser = argparse.ArgumentParser(prog="journeyman worker")
    parser.add_argument("--engine", choices=["embedded", "temporal"])
    parser.add_argument("--at-once", type=int)
    given = parser.parse_args(arguments)
    try:
        asyncio.run(work(given.engine, given.at_once))
    except JourneymanError as error:
        say(error.line())
        return 2 if isinstance(error, WrongUse) else 1
    return 0


async def work(engine: str | None, at_once: int | None) -> None:
    """Open the house and work in it. None takes what the settings say."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with open_house(spares=SPARES) as house:
        engine = engine or house.default_worker.engine
        at_once = at_once or house.default_worker.at_once
        worker = house.workers[engine](at_once, say)
        for each in ENDING:
            loop.add_signal_handler(each, stop.set)
        say(f"worker ({engine}), {at_once} at once: end it with Ctrl-C or SIGTERM")
        await worker.work(stop)


def say(line: str) -> None:
    """Tell whoever runs the worker."""
    print(f"journeyman: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
