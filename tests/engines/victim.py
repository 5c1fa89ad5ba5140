"""A process that runs one flow and may be killed at any moment."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from journeyman.domain.errors import RunHeld
from journeyman.domain.runs import Order
from journeyman.engines.embedded import JournalEngine
from journeyman.flows import FlowContext
from journeyman.store.database import Database
from journeyman.store.ids import uuid7
from journeyman.store.journal import StoredJournal
from tests.engines.flows import LAST, STEP, Done, Given, Line

LENGTH = 25

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["tests.engines.victim"])


def now() -> datetime:
    return datetime.now(UTC)


async def long_flow(context: FlowContext, order: Order) -> str:
    ids = []
    for number in range(LENGTH):
        ids.append(await context.new_id())
        await context.call(STEP, Given(ids[-1], number))
    await context.call(LAST, Given(ids[0], 99))
    return "COMPLETE"


async def main(url: str, path: Path, runs: tuple[str, ...], say: Callable[[str], None]) -> None:
    line = Line(path)

    async def work(given: Given) -> Done:
        line.append(f"begun {given.number} {given.run_id}")
        await asyncio.sleep(0.002)
        line.append(f"ended {given.number} {given.run_id}")
        return Done(given.number, "")

    database = Database(url)
    journal = StoredJournal(database, now)
    steps = {STEP: work, LAST: work}
    engine = JournalEngine(journal, long_flow, steps, now, lambda: uuid7(now(), secrets.randbits(74)))
    await database.look(lambda connection: None)
    say("ready")
    for run_id in runs:
        try:
            say(await engine.run(Order(run_id)))
        except RunHeld:
            say("held")
    await database.close()


def run(url: str, path: Path, runs: tuple[str, ...], said: Connection) -> None:
    asyncio.run(main(url, path, runs, said.send))


class Victim:
    """One such process. They are forked from one that has imported everything, so they start at once."""

    def __init__(self, url: str, path: Path, *runs: str) -> None:
        self._hears, said = FORKS.Pipe(duplex=False)
        self.process = FORKS.Process(target=run, args=(url, path, runs, said))
        self.process.start()
        said.close()

    def hear(self) -> str:
        assert self._hears.poll(60)
        return str(self._hears.recv())

    def hear_out(self) -> list[str]:
        heard = []
        try:
            while True:
                heard.append(self.hear())
        except EOFError:
            self.process.join(60)
            return heard

    def kill(self) -> bool:
        """Kill it at once; return whether it was still alive."""
        alive = self.process.is_alive()
        self.process.kill()
        self.process.join()
        self._hears.close()
        return alive
