"""Kills a command line and everything it started at chosen moments, and tells what must hold afterwards.

Some moments last for microseconds. They are held open from outside: the model's server keeps its answer back, a hook
of the remote sleeps, the receiver of a webhook does not answer, `git commit-tree` goes through a program that waits,
and the database refuses one write as if another process had the lock, which a process waits for.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from journeyman.store.tables import metadata
from tests.e2e.project import CommandLine, git, make_remote, wait_until
from tests.e2e.test_providers import EDIT, answer, configured
from tests.llm.servers import Asked, Deed, ProviderServer, Says, call
from tests.notify.receiver import Receiver, receiving
from tests.store.postgres import migrate

TASK = ("--task", "Mend the sum", "--mode", "bugfix", "--validate", "sh -c 'grep -q \"a + b\" src/sums.py'")
MODEL = ("--model", "local:great-1")
WORK = [
    call("run_shell_command", command="touch marker; sleep 0.2; rm marker; echo one >> log.txt"),
    call("write_file", path="notes.txt", content="notes\n"),
    call("run_shell_command", command="echo two >> log.txt; rm notes.txt"),
    EDIT,
]
USED_TOOL = "NEW.name IN ('run_shell_command', 'write_file', 'edit_file')"
REQUESTS = len(WORK) + 4
"""The planner's, the coder's with its last words, the tester's and the reviewer's."""

LONG = 60.0
"""Seconds that a moment is held open; nobody waits so long."""


def worker(asked: Asked) -> Says:
    """Answer the coder with one piece of work after another."""
    if "You work on one repository through the tools" not in str(asked.body["messages"][0]):
        deed = answer(asked)
        assert isinstance(deed, Says)
        return deed
    done = sum(message["role"] == "assistant" for message in asked.body["messages"])
    return Says(calls=[WORK[done]]) if done < len(WORK) else Says("mended")


@dataclass
class World:
    """What a run meets: homes that share a database, the remote, the model's server and a receiver of webhooks."""

    folder: Path
    homes: list[CommandLine]
    remote: Path
    server: ProviderServer
    receiver: Receiver
    engine: Engine
    hold_request: bool = False
    hold_seconds: float = LONG
    hold_delivery: str = ""
    kills: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    arrived: int = 0
    undelivered: int = 0
    answered: list[tuple[int, frozenset[str]]] = field(default_factory=list)

    @property
    def home(self) -> CommandLine:
        """The home whose turn it is: with each kill the next one."""
        return self.homes[self.kills.total() % len(self.homes)]

    def ask(self, asked: Asked) -> Deed:
        held = self.hold_request
        # Until the delivery that is waited for has come, the run must not get ahead of it.
        self.hold_request = held and bool(self.hold_delivery)
        said = worker(asked)
        return Says(said.text, said.calls, seconds=self.hold_seconds) if held else said

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]


@contextmanager
def world(folder: Path, database: str, homes: int) -> Iterator[World]:
    """Yield a world of its own; with several homes the run goes on in another one after each kill."""
    remote = make_remote(folder / "origin")
    asyncio.run(migrate(database))
    with receiving() as receiver, closing(_Engine(database)) as engine:
        made = World(folder, [], remote, None, receiver, engine.engine)  # type: ignore[arg-type]
        with ProviderServer(made.ask) as server:
            made.server = server
            for number in range(homes):
                made.homes.append(_home(made, folder / f"home{number}", database))
            _hooks(made)
            receiver.answer = lambda: _received(made)
            yield made


class _Engine:
    def __init__(self, database: str) -> None:
        self.engine = create_engine(
            database.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
        )

    def close(self) -> None:
        self.engine.dispose()


def _home(made: World, home: Path, database: str) -> CommandLine:
    line = CommandLine(home, {"DATABASE_URL": database, "ELIXIR_WEBHOOK_URL": made.receiver.url})
    configured(line, made.server, made.folder)
    programs = made.folder / "programs"
    programs.mkdir(exist_ok=True)
    wait = _waiting(made.folder, "commit-$1")
    real = shutil.which("git")
    script = f'#!/bin/sh\nhold() {{ {wait}; }}\ncase " $* " in\n*" commit-tree "*) hold before; {real} "$@"; '
    _program(programs / "git", f'{script}code=$?; hold after; exit $code;;\n*) exec {real} "$@";;\nesac\n')
    line.variables["PATH"] = f"{programs}:{os.environ['PATH']}"
    return line


def _hooks(made: World) -> None:
    for hook, moment in (("pre-receive", "before"), ("post-receive", "after")):
        wait = _waiting(made.folder, f"push-{moment}")
        _program(made.remote / "hooks" / hook, f"#!/bin/sh\n{wait}\nexit 0\n")


def _waiting(folder: Path, what: str) -> str:
    """Return the shell's words that wait as long as a thing is held."""
    flag = f"{folder}/hold-{what}"
    return f"if [ -e {flag} ]; then : > {folder}/reached; while [ -e {flag} ]; do sleep 0.05; done; fi"


def _program(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _received(made: World) -> int:
    if made.hold_delivery and made.hold_delivery.encode() in made.receiver.received[-1].body:
        made.hold_delivery = ""
        return -1
    return 204


@dataclass(frozen=True)
class Moment:
    """A moment to kill at. `arrange` holds it open and returns what lets go; `reached` tells that it is there."""

    name: str
    arrange: Callable[[World], Callable[[], None]]
    reached: Callable[[World], Callable[[], Any]]
    settle: float = 0.0


def in_request() -> Moment:
    """While a request is with the provider."""

    def arrange(made: World) -> Callable[[], None]:
        made.hold_request = True
        return lambda: setattr(made, "hold_request", False)

    return Moment("during a request", arrange, _more_asked)


def in_tool() -> Moment:
    """While the first tool of the coder is at work in the sandbox."""
    return Moment("inside a tool", lambda made: lambda: None, _marker)


def after_tool() -> Moment:
    """The first tool is done and the tree recorded, but not the call."""

    def done(made: World) -> Callable[[], Any]:
        marker, seen = _marker(made), []

        def look() -> bool:
            there = marker()
            seen.extend([there] if there else [])
            return bool(seen) and not there

        return look

    return before_write("between a tool and its record", "tool_calls", USED_TOOL, done, 0.2)


def _marker(made: World) -> Callable[[], bool]:
    """Return what tells whether the first tool is at work; a killed one in another home has left its mark too."""
    since, home = time.time(), made.home.home
    return lambda: any(path.stat().st_mtime > since for path in home.glob("runs/*/tree/marker"))


def in_git(what: str, moment: str) -> Moment:
    """Right before or right after git has done a thing."""

    def arrange(made: World) -> Callable[[], None]:
        flag, reached = made.folder / f"hold-{what}-{moment}", made.folder / "reached"
        flag.touch()

        def let_go() -> None:
            flag.unlink()
            reached.unlink(missing_ok=True)

        return let_go

    return Moment(f"inside the {what}, {moment} it is done", arrange, lambda made: (made.folder / "reached").exists)


def in_delivery(kind: str) -> Moment:
    """While a receiver has a notification and has not said so; the run itself waits for its model meanwhile."""

    def arrange(made: World) -> Callable[[], None]:
        made.hold_delivery, made.hold_request = kind, True
        return lambda: made.__dict__.update(hold_delivery="", hold_request=False)

    return Moment("inside a notification", arrange, lambda made: lambda: not made.hold_delivery)


def before_write(name: str, table: str, when: str, after: Callable[[World], Callable[[], Any]], by: float) -> Moment:
    """Right before a write, once `after` is there and a little time has passed."""

    def arrange(made: World) -> Callable[[], None]:
        return _refusing(made, table, when)

    return Moment(name, arrange, after, by)


def border(step: str, state: str) -> Moment:
    """All of a step is done and told, and its record is not written."""

    def told(made: World) -> Callable[[], Any]:
        look = f'SELECT count(*) FROM task_activities WHERE details LIKE \'%"state":"{state}"%\''
        before = made.value(look)
        return lambda: made.value(look) > before

    return before_write("at a step's border", "journal", f"NEW.name = 'step {step}'", told, 0.1)


def border_in_state(step: str, state: str) -> Moment:
    """The same for a step that tells nothing."""
    reached = lambda made: lambda: made.value("SELECT state FROM runs") == state  # noqa: E731
    return before_write("at a step's border", "journal", f"NEW.name = 'step {step}'", reached, 0.4)


def unsent() -> Moment:
    """The worst case is reserved and nothing has been sent."""
    return before_write("between the reservation and the request", "exchanges", "NEW.state = 'sent'", _reserved, 0.1)


def _reserved(made: World) -> Callable[[], Any]:
    return lambda: made.value("SELECT count(*) FROM exchanges WHERE state = 'reserved'") > 0


def unrecorded_answer() -> Moment:
    """The answer is here and not in the database."""
    return before_write("between the answer and its record", "exchanges", "NEW.state = 'answered'", _more_asked, 0.25)


def unused_answer(table: str, when: str) -> Moment:
    """The answer is in the database and nothing came of it yet."""
    return before_write("between the answer and its use", table, when, _more_answered, 0.2)


def _more_asked(made: World) -> Callable[[], Any]:
    before = len(made.server.asked)
    return lambda: len(made.server.asked) > before


def _more_answered(made: World) -> Callable[[], Any]:
    look = "SELECT count(*) FROM exchanges WHERE state = 'answered'"
    before = made.value(look)
    return lambda: made.value(look) > before


def at_random(chance: random.Random, longest: float) -> Moment:
    """Anywhere."""

    def reached(made: World) -> Callable[[], Any]:
        end = time.monotonic() + chance.uniform(0.3, longest)
        return lambda: time.monotonic() > end

    return Moment("at random", lambda made: lambda: None, reached)


def _refusing(made: World, table: str, when: str) -> Callable[[], None]:
    """Refuse one kind of write as if another process had the lock, until let go."""
    deed = "UPDATE" if table in ("exchanges", "runs") else "INSERT"
    if made.engine.dialect.name == "sqlite":
        lock = "BEGIN SELECT RAISE(ABORT, 'database is locked'); END"
        _execute(made, f"CREATE TRIGGER held BEFORE {deed} ON {table} WHEN {when} {lock}")
        return lambda: _execute(made, "DROP TRIGGER held")
    _execute(
        made,
        "CREATE OR REPLACE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'held' USING ERRCODE = '55P03'; END $$",
        f"CREATE TRIGGER held BEFORE {deed} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION held()",
    )
    return lambda: _execute(made, f"DROP TRIGGER held ON {table}")


def _execute(made: World, *statements: str) -> None:
    with made.engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@contextmanager
def going_on_until(made: World, moment: Moment) -> Iterator[subprocess.Popen[bytes]]:
    """Start or go on with the run and yield the process at a moment, which lasts until this ends."""
    let_go = moment.arrange(made)
    try:
        reached = moment.reached(made)
        begun = made.value("SELECT count(*) FROM runs")
        words = ("resume", "--all") if begun else ("run", str(made.remote), *TASK, *MODEL)
        process = made.home.start(*words)
        wait_until(lambda: reached() or process.poll() is not None, 90)
        time.sleep(moment.settle)
        yield process
    finally:
        let_go()


def kill_at(made: World, moment: Moment) -> None:
    """Start or go on with the run and kill everything of it at a moment. The command must not end before."""
    with going_on_until(made, moment) as process:
        alive = process.poll() is None
        said = kill_tree(process)
    assert alive, f"{moment.name}: ended before with code {process.returncode}\n{said}"
    take_note(made)
    made.kills[moment.name] += 1


def take_note(made: World) -> None:
    """Note what the killed process left: what was in flight, what is answered, what was delivered and not marked."""
    time.sleep(0.03)
    made.in_flight += made.value("SELECT count(*) FROM exchanges WHERE state = 'sent'")
    hashes = made.rows("SELECT request_hash FROM exchanges WHERE state = 'answered'")
    made.answered.append((len(made.server.asked), frozenset(row[0] for row in hashes)))
    rows = made.rows("SELECT notification FROM outbox WHERE delivered_at IS NOT NULL")
    marked = {json.loads(row[0])["notification_type"] for row in rows}
    arrived = {kind for kind, _ in deliveries(made)[made.arrived :]}
    made.undelivered += len(arrived - marked)
    made.arrived = len(made.receiver.received)


def deliveries(made: World) -> list[tuple[str, str]]:
    """Return kind and id of everything that arrived, in order."""
    sent = [request.headers["X-Journeyman-Delivery"] for request in made.receiver.received]
    return [(name.split(".")[1], name) for name in sent]


def kill_tree(process: subprocess.Popen[bytes]) -> str:
    """SIGKILL a process and all of its descendants, and return what it had said."""
    found = [process.pid]
    for pid in found:
        _signal(pid, signal.SIGSTOP)
        found += [child for child in _children(pid) if child not in found]
    for pid in found:
        _signal(pid, signal.SIGKILL)
    out, err = process.communicate()
    return (out + err).decode()


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    try:
        return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    tree: str
    commits: str
    status: str
    calls: int
    told: tuple[str, ...]


def outcome(made: World) -> Outcome:
    """Return what the one run of a world came to."""
    line = made.home
    (task,) = line("tasks", "--json").json["tasks"]
    (branch,) = [name for name in git(made.remote, "branch", "--format=%(refname:short)").split() if name != "main"]
    told = tuple(dict.fromkeys(deliveries(made)))
    return Outcome(
        tree=git(made.remote, "rev-parse", f"{branch}^{{tree}}"),
        commits=git(made.remote, "rev-list", "--count", f"main..{branch}"),
        status=task["status"],
        calls=line("cost", task["run_id"], "--json").json["calls"],
        told=tuple(kind for kind, _ in told),
    )


def finish(made: World) -> None:
    """Carry the run to its end, undisturbed from now on."""
    begun = made.value("SELECT count(*) FROM runs")
    done = made.home(*(("resume", "--all") if begun else ("run", str(made.remote), *TASK, *MODEL)))
    assert done.code == 0, done.err


def check_paid_once(made: World) -> None:
    """No answered request was asked again; what was in flight at a kill was, once for each kill, and counts so."""
    hashes = [hashlib.sha256(asked.raw).hexdigest() for asked in made.server.asked]
    for asked_before, answered in made.answered:
        assert answered.isdisjoint(hashes[asked_before:]), "an answered request was asked again"
    again = sum(count - 1 for count in Counter(hashes).values())
    line = made.home
    (task,) = line("tasks", "--json").json["tasks"]
    uncertain = line("cost", task["run_id"], "--json").json["uncertain_calls"]
    assert again <= uncertain == made.in_flight
    keys: dict[str, set[str]] = {}
    for digest, asked in zip(hashes, made.server.asked, strict=True):
        keys.setdefault(digest, set()).add(asked.headers["idempotency-key"])
    assert all(len(told) == 1 for told in keys.values()), "a provider is told that it is the same request"


def check_told_once(made: World, under_way: int = 0) -> None:
    """Each notification arrived under one id; twice only if a kill came between its arrival and its mark.

    `under_way`: how many may have been on their way at a stop, which arrive or are marked when the process goes on.
    """
    arrived = Counter(deliveries(made))
    assert len({kind for kind, _ in arrived}) == len(arrived)
    assert abs(sum(count - 1 for count in arrived.values()) - made.undelivered) <= under_way
    assert made.value("SELECT count(*) FROM outbox WHERE delivered_at IS NULL") == 0


def content(made: World) -> dict[str, list[str]]:
    """Return every row of every table."""
    with made.engine.connect() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(table.select()))
            for table in metadata.sorted_tables
        }
