"""Records finished runs of `deliver_change` as test data: `python -m tests.engines.record FOLDER`, for each release.

A recorded run is a promise: a later version must be able to go on with it. So files are added, and never replaced.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from temporalio.client import Client

from journeyman.domain.runs import Order
from journeyman.engines.inline import MemoryJournal
from journeyman.flows import deliver_change
from tests.engines.deliveries import WAYS, Delivery, go
from tests.engines.stages import JournalStage, TemporalStage
from tests.engines.temporal_server import own_temporal
from tests.store.rows import Clock

LEFT_OUT = {"identity", "stackTrace", "requestId", "historySizeBytes", "taskId", "links", "priority", "buildId"}
"""Fields that say where and how a run was recorded, and nothing about it."""


async def record(folder: Path, host: str) -> None:
    for name, way in WAYS.items():
        order = Order(f"recorded-{name}")
        journal = MemoryJournal(Clock())
        async with JournalStage(journal, Clock()).process(deliver_change, Delivery(way).steps()) as engine:
            await go(engine, order, way)
        entries = await journal.read(order.run_id)
        save(folder / f"{name}.journal.json", [[entry, result] for entry, result in entries.values()])
        stage = TemporalStage(await Client.connect(host), Clock())
        async with stage.process(deliver_change, Delivery(way).steps()) as engine:
            await go(engine, order, way)
        history = await stage.client.get_workflow_handle(order.run_id).fetch_history()
        save(folder / f"{name}.temporal.json", bare(history.to_json_dict()["events"]))


def save(path: Path, lines: list[Any]) -> None:
    path.write_text("[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n")


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if key not in LEFT_OUT}
    return [bare(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    server = own_temporal()
    try:
        asyncio.run(record(Path(sys.argv[1]), server.host))
    finally:
        server.remove()
