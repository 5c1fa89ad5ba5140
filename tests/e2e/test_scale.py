"""Many runs in one process, and a turn that costs the same however long the talk is. Counted, not timed: processes,
transactions and bytes do not depend on how busy the machine is."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench.model import ModelServer, model_server
from journeyman.config import Config, load
from journeyman.domain.request import AgentChoice, Limits, Repository, Request, RunOptions, Task
from journeyman.domain.runs import Run
from journeyman.domain.states import State
from journeyman.wiring import House, open_house
from tests.e2e.project import git, make_repository

FILE = "part000/module00000.py"


def settings(home: Path, server: ModelServer, turns: int, path: str = os.environ["PATH"]) -> Config:
    """Return the configuration of a house with a model server; each model has a price of its own."""
    home.mkdir(parents=True, exist_ok=True)
    prices = "".join(f'  "local:run{i}": {{input_per_million: {i + 1}, output_per_million: 0}}\n' for i in range(8))
    (home / "settings.yaml").write_text(f"prices:\n{prices}")
    return load(
        {
            "JOURNEYMAN_HOME": str(home),
            "JOURNEYMAN_CONFIG": str(home / "settings.yaml"),
            "JOURNEYMAN_LOCAL_URL": server.address("scale", turns),
            "HOME": str(home / "user"),
            "PATH": path,
        }
    )


async def deliver(house: House, source: Path, model: str, turns: int) -> Run:
    options = RunOptions(validate=("true",), limits=Limits(None, turns + 2))
    asked = Request(Repository(str(source)), Task(f"Count for {model}"), AgentChoice(f"local:{model}"))
    run = await house.submitting.submit(asked, options)
    run = await house.carrying_out.carry_out(run.run_id)
    assert run.state is State.COMPLETE, run.error_message
    return run


async def test_eight_runs_at_once_do_not_touch_each_other(tmp_path: Path) -> None:
    turns, names = 4, [f"run{i}" for i in range(8)]
    sources = {name: make_repository(tmp_path / name, {FILE: "", "OWNER": f"{name}\n"}) for name in names}
    with model_server() as server:
        async with open_house(settings(tmp_path / "home", server, turns), spares=2) as house:
            runs = await asyncio.gather(*(deliver(house, sources[name], name, turns) for name in names))
            logs = [await house.inquiring.log(run.run_id) for run in runs]
    for i, (name, run, log) in enumerate(zip(names, runs, logs, strict=True)):
        assert run.result is not None
        result = run.result
        assert result.commit_hash == git(sources[name], "rev-parse", result.branch_name)
        assert git(sources[name], "show", f"{result.commit_hash}:{FILE}") == f"{name} = {turns - 1}"
        assert git(sources[name], "show", f"{result.commit_hash}:OWNER") == name
        assert git(sources[name], "branch", "--format=%(refname:short)").splitlines() == [result.branch_name, "main"]
        # The server reports 1,000 tokens for each of the coder's turns and for the plan and the two opinions.
        assert result.artifacts.cost_usd == pytest.approx((turns + 1 + 3) * 1000 * (i + 1) / 1e6)
        said = " ".join(f"{line.message} {line.details}" for line in log)
        assert f"{name} = 0" in said
        assert not [other for other in names if other != name and other in said]


@dataclass
class Meter:
    """What happened up to the beginning of each exchange with a model."""

    counts: Counter[str] = field(default_factory=Counter)
    marks: list[dict[str, float]] = field(default_factory=list)
    log: Path | None = None

    def begun(self, *_: Any) -> None:
        self.counts["transactions"] += 1

    def executed(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.counts["statements"] += 1
        if statement.startswith("INSERT INTO exchanges"):
            processes = len(self.log.read_text().splitlines()) if self.log and self.log.exists() else 0
            self.marks.append({**self.counts, "processes": processes, "cpu": time.process_time()})

    def per_turn(self, what: str, first: int, last: int) -> list[float]:
        values = [mark[what] for mark in self.marks[first : last + 1]]
        return [after - before for before, after in itertools.pairwise(values)]


@contextmanager
def metered(folder: Path) -> Iterator[tuple[Meter, str]]:
    """Count transactions and statements in this process, and git's processes by a program put before git."""
    folder.mkdir()
    log, program = folder / "asked", folder / "git"
    program.write_text(f'#!/bin/sh\necho "$*" >> {log}\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    meter = Meter(log=log)
    event.listen(Engine, "begin", meter.begun)
    event.listen(Engine, "before_cursor_execute", meter.executed)
    try:
        yield meter, f"{folder}:{os.environ['PATH']}"
    finally:
        event.remove(Engine, "begin", meter.begun)
        event.remove(Engine, "before_cursor_execute", meter.executed)


async def talk(tmp_path: Path, turns: int) -> Meter:
    """Let the coder take so many turns, each with one command that changes a file."""
    source = make_repository(tmp_path / "source", {FILE: ""})
    with model_server() as server, metered(tmp_path / "bin") as (meter, path):
        async with open_house(settings(tmp_path / "home", server, turns, path)) as house:
            await deliver(house, source, "run0", turns)
    return meter


def stored(home: Path) -> list[int]:
    """Return how many bytes each exchange of the coder and its tool call left in the database, in order."""
    with sqlite3.connect(home / "journeyman.sqlite") as database:
        rows = database.execute(
            "SELECT coalesce(length(request), 0) + coalesce(length(answer), 0) FROM exchanges "
            "WHERE role = 'coder' ORDER BY sent_at"
        )
        return [size for (size,) in rows]


async def test_a_turn_takes_few_transactions_and_processes_and_none_more_later(tmp_path: Path) -> None:
    meter = await talk(tmp_path, 30)
    transactions, processes = meter.per_turn("transactions", 3, 31), meter.per_turn("processes", 3, 31)
    print(f"a turn: {median(transactions):.0f} transactions, {median(processes):.0f} processes of git")
    assert median(transactions) <= 9
    assert median(processes) <= 1
    assert sum(processes) / len(processes) <= 1.3
    assert median(transactions[-10:]) <= median(transactions[:10])
    sizes = stored(tmp_path / "home")
    assert max(sizes[3:-1]) < 1.2 * min(sizes[3:-1]), "each exchange is kept as its difference to the one before"


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_the_last_hundred_of_a_thousand_turns_cost_what_the_first_did(tmp_path: Path) -> None:
    meter = await talk(tmp_path, 1000)
    rows = {}
    for what in ("transactions", "statements", "processes", "cpu"):
        first, last = meter.per_turn(what, 2, 101), meter.per_turn(what, 900, 1000)
        rows[what] = (sum(first) / len(first), sum(last) / len(last))
        print(f"{what} of a turn: {rows[what][0]:.4f} of the first 100, {rows[what][1]:.4f} of the last 100")
    for what in ("transactions", "statements", "processes"):
        assert rows[what][1] <= 1.1 * rows[what][0]
    # CPU time of this process: a busy machine makes it dearer by its caches, so the limit of 1.3 has room here.
    assert rows["cpu"][1] <= 1.4 * rows["cpu"][0]
    sizes = stored(tmp_path / "home")
    assert median(sizes[-100:]) < 1.3 * median(sizes[1:101])


async def test_a_service_gives_its_next_run_a_tree_and_a_sandbox_that_are_ready(tmp_path: Path) -> None:
    source, home = make_repository(tmp_path / "source", {FILE: ""}), tmp_path / "home"
    abandoned = home / "runs" / "spare-1-1"
    abandoned.mkdir(parents=True)
    with model_server() as server:
        async with open_house(settings(home, server, 1), spares=1) as house:
            await deliver(house, source, "run0", 1)
            await house.settled()
            assert not abandoned.exists()
            (spare,) = home.glob("runs/spare-*/tree")
            number = spare.stat().st_ino
            run = await deliver(house, source, "run1", 1)
            assert (home / "runs" / run.run_id / "tree").stat().st_ino == number
            assert run.result is not None
            assert git(source, "show", f"{run.result.branch_name}:{FILE}") == "run1 = 0"
            (source / "new").write_text("x")
            git(source, "add", "-A")
            git(source, "commit", "-qm", "move on")
            await house.settled()
            later = await deliver(house, source, "run2", 1)
            assert (home / "runs" / later.run_id / "tree" / "new").exists()
            await house.settled()
    assert not list(home.glob("runs/spare-*"))
