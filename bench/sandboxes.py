"""What a sandbox costs on each back end: a fresh one, and each command in a live one."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from bench.clocks import milliseconds
from bench.figures import Figure, Order
from journeyman.sandbox import Sandbox, Sandboxes, SandboxSpec
from journeyman.sandbox.bubblewrap import SEARCH_PATH, Bubblewrap
from journeyman.sandbox.docker import Docker
from journeyman.sandbox.inside import usage
from tests.sandbox import dockerd

PLAIN = "plain subprocess"
FILES = 5_000


def measure(order: Order) -> list[Figure]:
    """Measure sandboxes beside a subprocess without one."""
    plain = asyncio.run(milliseconds(_plain, 20 if order.quick else 200))
    sandboxes = Bubblewrap(order.folder / "state", os.environ.get("PATH") or SEARCH_PATH)
    return [
        *asyncio.run(_figures("sandbox", sandboxes, order, plain, (35, 10))),
        *_by_docker(order, plain),
        asyncio.run(_counting(order)),
    ]


def _by_docker(order: Order, plain: float) -> list[Figure]:
    """Measure Docker by a daemon of our own, where one can be started."""
    if why := dockerd.obstacle():
        print(f"Docker is not measured: {why}", file=sys.stderr)
        return []
    with dockerd.with_image() as address:
        docker = Docker(order.folder / "docker", dockerd.IMAGE, address=address)
        return asyncio.run(_figures("docker", docker, order, plain, (1000, 100)))


async def _figures(
    name: str, sandboxes: Sandboxes, order: Order, plain: float, limits: tuple[float, float]
) -> list[Figure]:
    tree = order.folder / f"tree-{name}"
    tree.mkdir()
    if why := sandboxes.missing():
        return [Figure(f"{name}: {what}", "ms", None, note=why) for what in ("fresh", "one command")]
    spec = SandboxSpec(tree)

    async def fresh() -> None:
        # Closing is not part of it, so it is done after the clock has stopped.
        opened.append(await sandboxes.open(spec))

    opened: list[Sandbox] = []
    started = await milliseconds(fresh, 5 if order.quick else 20)
    for sandbox in opened[1:]:
        await sandbox.close()
    command = await milliseconds(lambda: opened[0].run("true"), 20 if order.quick else 200)
    await opened[0].close()
    return [
        Figure(f"{name}: fresh", "ms", started, limits[0], rival=plain, rival_name=PLAIN),
        Figure(f"{name}: one command", "ms", command, limits[1], rival=plain, rival_name=PLAIN),
    ]


async def _counting(order: Order) -> Figure:
    """Measure one count of what a tree holds, as it is done while a command writes."""
    tree = order.folder / "counted"
    for number in range(FILES):
        place = tree / f"folder{number % 100}" / str(number)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("x")

    async def count() -> None:
        await asyncio.to_thread(_count, tree)

    taken = await milliseconds(count, 5)
    return Figure(f"sandbox: counting a tree of {FILES:,} files", "ms", taken, 100)


def _count(tree: Path) -> None:
    usage(os.fsencode(tree))


async def _plain() -> None:
    process = await asyncio.create_subprocess_shell("true", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    await process.communicate()
