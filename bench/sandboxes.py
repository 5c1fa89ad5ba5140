"""What a sandbox costs: a fresh one, and each command in a live one."""

from __future__ import annotations

import asyncio
import os
import subprocess

from bench.clocks import milliseconds
from bench.figures import Figure, Order
from journeyman.sandbox import SandboxSpec
from journeyman.sandbox.bubblewrap import SEARCH_PATH, Bubblewrap
from journeyman.sandbox.live import LiveSandbox

PLAIN = "plain subprocess"


def measure(order: Order) -> list[Figure]:
    """Measure sandboxes beside a subprocess without one."""
    return asyncio.run(_measure(order))


async def _measure(order: Order) -> list[Figure]:
    tree = order.folder / "tree"
    tree.mkdir()
    sandboxes = Bubblewrap(order.folder / "state", os.environ.get("PATH") or SEARCH_PATH)
    if why := sandboxes.missing():
        return [Figure(f"sandbox: {what}", "ms", None, note=why) for what in ("fresh", "one command")]
    spec = SandboxSpec(tree)

    async def fresh() -> None:
        # Closing is not part of it, so it is done after the clock has stopped.
        opened.append(await sandboxes.open(spec))

    opened: list[LiveSandbox] = []
    started = await milliseconds(fresh, 5 if order.quick else 20)
    for sandbox in opened[1:]:
        await sandbox.close()
    times = 20 if order.quick else 200
    command = await milliseconds(lambda: opened[0].run("true"), times)
    await opened[0].close()
    plain = await milliseconds(_plain, times)
    return [
        Figure("sandbox: fresh", "ms", started, 35, rival=plain, rival_name=PLAIN),
        Figure("sandbox: one command", "ms", command, 10, rival=plain, rival_name=PLAIN),
    ]


async def _plain() -> None:
    process = await asyncio.create_subprocess_shell("true", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    await process.communicate()
