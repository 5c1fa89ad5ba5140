"""What work trees cost: making one of a known repository, and a snapshot of a change of one file."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from pathlib import Path
from statistics import median

from bench import repositories
from bench.figures import Figure, Order
from journeyman.domain.request import Repository
from journeyman.git import Head
from journeyman.git.workspaces import GitRepositories
from journeyman.sandbox import SANDBOX_GID, SANDBOX_UID

SNAPSHOT_LIMITS = {1_000: None, 5_000: 40.0}
READY_LIMITS = {1_000: None, 5_000: 300.0}
ADOPTED_LIMITS = {1_000: None, 5_000: 50.0}


def measure(order: Order) -> list[Figure]:
    """Measure work trees of two sizes, beside git used plainly."""
    sizes = (1_000,) if order.quick else (1_000, 5_000)
    return [figure for files in sizes for figure in asyncio.run(_measure(order, files))]


async def _measure(order: Order, files: int) -> list[Figure]:
    times = 3 if order.quick else 7
    source = repositories.make(order.folder / f"source{files}", files)
    home = order.folder / f"home{files}"
    ours = GitRepositories(home, known_hosts=(), owner=(SANDBOX_UID, SANDBOX_GID) if os.getuid() == 0 else None)
    repository = Repository(str(source))
    head = await ours.probe(repository)
    ready = await _ready(ours, repository, head, times)
    adopted = await _adopted(ours, repository, head, times)
    plain_ready = median(_cloned(source, order.folder / f"clone{files}") for _ in range(times))
    snapshot = await _snapshots(ours, repository, head, 10 if order.quick else 30)
    plain_snapshot = median(_added(order.folder / f"clone{files}", number) for number in range(10))
    return [
        Figure(
            f"work tree of {files:,} files ready", "ms", ready, READY_LIMITS[files],
            rival=plain_ready, rival_name="git clone --local",
        ),
        Figure(
            f"work tree of {files:,} files from those kept ready", "ms", adopted, ADOPTED_LIMITS[files],
            rival=plain_ready, rival_name="git clone --local",
        ),
        Figure(
            f"snapshot in {files:,} files", "ms", snapshot, SNAPSHOT_LIMITS[files],
            rival=plain_snapshot, rival_name="git add -A, write-tree",
        ),
    ]  # fmt: skip


async def _ready(ours: GitRepositories, repository: Repository, head: Head, times: int) -> float:
    taken = []
    for number in range(times + 1):
        began = time.perf_counter()
        await ours.prepare(f"ready{number}", repository, head)
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken[1:])


async def _adopted(ours: GitRepositories, repository: Repository, head: Head, times: int) -> float:
    taken = []
    for number in range(times + 1):
        await ours.prepare(f"spare{number}", repository, head)
        began = time.perf_counter()
        assert await ours.adopt(f"spare{number}", f"adopted{number}")
        workspace = await ours.prepare(f"adopted{number}", repository, head)
        taken.append((time.perf_counter() - began) * 1000)
        assert workspace.tree.is_dir()
    return median(taken[1:])


async def _snapshots(ours: GitRepositories, repository: Repository, head: Head, times: int) -> float:
    workspace = await ours.prepare("snapshots", repository, head)
    await workspace.snapshot()
    taken = []
    for number in range(times):
        (workspace.tree / "part003" / "module00150.py").write_text(f"changed = {number}\n")
        began = time.perf_counter()
        await workspace.snapshot()
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


def _cloned(source: Path, target: Path) -> float:
    shutil.rmtree(target, ignore_errors=True)
    began = time.perf_counter()
    repositories.git(source, "clone", "-q", "--local", str(source), str(target))
    return (time.perf_counter() - began) * 1000


def _added(clone: Path, number: int) -> float:
    (clone / "part003" / "module00150.py").write_text(f"changed = {number}\n")
    began = time.perf_counter()
    repositories.git(clone, "add", "-A")
    repositories.git(clone, "write-tree")
    return (time.perf_counter() - began) * 1000
