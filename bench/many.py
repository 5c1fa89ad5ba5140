"""Many runs in one process: how soon a warm service asks its first question, how much memory a run needs, how long
eight at once take. Run as a process of its own, which prints what it measured as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench import repositories
from bench.children import NotMeasured, house, run
from bench.figures import Figure, Order
from bench.model import ModelServer, model_server
from journeyman.config import load
from journeyman.domain.request import AgentChoice, Approval, Limits, Repository, Request, RunOptions, Task
from journeyman.domain.runs import Run
from journeyman.domain.states import State
from journeyman.wiring import House, open_house

FILES = 1_000
AT_ONCE = 8
TURNS = 10


def measure(order: Order) -> list[Figure]:
    """Measure one process that carries out many runs."""
    source = repositories.make(order.folder / "source", FILES)
    warm, waiting = (5, 20) if order.quick else (15, 200)
    with model_server() as server:
        variables = house(order.folder / "home", JOURNEYMAN_LOCAL_URL=server.address("many", TURNS))
        words = [sys.executable, "-m", "bench.many", str(source), str(server.port), str(warm), str(waiting)]
        ended = run(words, variables={**variables, "PYTHONPATH": f"{variables['PYTHONPATH']}:{Path.cwd()}"})
    if ended.code != 0:
        raise NotMeasured(ended.said[-3000:])
    found = json.loads(ended.said.splitlines()[-1])
    note = f"median of {warm}, {FILES:,} files, tree and sandbox kept ready"
    return [
        Figure("warm service: submit to first request", "ms", found["first"], 50, note=note),
        Figure("memory of each further run at work", "MB", found["each"], 3, note=f"{AT_ONCE} at once"),
        Figure("memory of each waiting run", "MB", found["waiting"], 1, note=f"{waiting} waiting"),
        Figure(
            f"{AT_ONCE} runs at once", "s", found["together"], rival=found["in_turn"], rival_name="one after another"
        ),
    ]  # fmt: skip


class Service:
    """A house that runs are put into, one model for each so that the server tells them apart."""

    def __init__(self, house: House, source: str, server: ModelServer) -> None:
        self._house = house
        self._source = source
        self._server = server
        self._names: Iterator[str] = (f"run{number}" for number in range(10**6))

    async def deliver(self, approve: Approval = Approval.NEVER) -> tuple[Run, float]:
        """Carry out a run and return it, and the milliseconds from its submission to its first request."""
        name = next(self._names)
        agent = AgentChoice(f"local:{name}")
        options = RunOptions(validate=("true",), limits=Limits(None, TURNS + 5), approve=approve, push=False)
        began = time.monotonic()
        run = await self._house.submitting.submit(Request(Repository(self._source), Task("Count"), agent), options)
        run = await self._house.carrying_out.carry_out(run.run_id)
        wanted = State.WAITING if approve is Approval.ALWAYS else State.COMPLETE
        if run.state is not wanted:
            raise NotMeasured(f"a run ended {run.state.status}: {run.error_message}")
        marks = await asyncio.to_thread(self._server.marks, f"many/{name}")
        return run, (marks[0].received - began) * 1000

    async def at_once(self, number: int) -> float:
        """Carry out so many runs at once and return the seconds."""
        began = time.monotonic()
        await asyncio.gather(*(self.deliver() for _ in range(number)))
        return time.monotonic() - began


def megabytes() -> float:
    """Return this process's resident memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2


async def _main(source: str, port: int, warm: int, waiting: int) -> dict[str, float]:
    async with open_house(load(), spares=1) as opened:
        service = Service(opened, source, ModelServer(port))
        first = []
        for _ in range(warm + 2):
            first.append((await service.deliver())[1])
            await opened.settled()
        in_turn = time.monotonic()
        for _ in range(AT_ONCE):
            await service.deliver()
        in_turn = time.monotonic() - in_turn
        gc.collect()
        alone = megabytes()
        peak = asyncio.create_task(_peak())
        together = await service.at_once(AT_ONCE)
        peak.cancel()
        highest = max(await peak)
        return {
            "first": sorted(first[2:])[warm // 2],
            "together": together,
            "in_turn": in_turn,
            "each": max(highest - alone, 0.0) / (AT_ONCE - 1),
            "waiting": await _waiting(service, waiting),
        }


async def _waiting(service: Service, number: int) -> float:
    await service.deliver(Approval.ALWAYS)
    gc.collect()
    before = megabytes()
    for _ in range(number):
        await service.deliver(Approval.ALWAYS)
    gc.collect()
    return max(megabytes() - before, 0.0) / number


async def _peak() -> list[float]:
    """Return the memory as it was until cancelled."""
    seen = [megabytes()]
    try:
        while True:
            await asyncio.sleep(0.05)
            seen.append(megabytes())
    except asyncio.CancelledError:
        return seen


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_main(sys.argv[1], *map(int, sys.argv[2:])))))
