"""A process that is a Temporal worker and may be killed at any moment."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from temporalio.client import Client

from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from tests.engines import flows
from tests.engines.flows import LAST, STEP, Done, Given, Line
from tests.engines.stages import TemporalStage
from tests.engines.victim import now
from tests.store.rows import Clock


async def main(host: str, task_queue: str, url: str, line: Line) -> None:
    async def work(given: Given) -> Done:
        line.append(f"begun {given.number}")
        await asyncio.sleep(0.1)
        line.append(f"ended {given.number}")
        return Done(given.number, "")

    stage = TemporalStage(await Client.connect(host), Clock(), StoredJournal(Database(url), now), task_queue)
    async with stage.process(flows.many, {STEP: work, LAST: work}):
        line.append("ready")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], Line(Path(sys.argv[4]))))
