"""Faults of the world: a run goes on, waits, or ends with the reason and can be resumed; nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import FIXED_SUM, CommandLine, Done, git, wait_until
from tests.e2e.scripts import CONTENT, PLAN
from tests.llm.servers import Asked, Deed, Fails, HangsUp, ProviderServer, ReportsError, Says, call
from tests.store.postgres import own_server

TASK = ("--task", "Mend the sum", "--mode", "bugfix", "--validate", "python3 -m pytest -q", "--json")
MODEL = ("--model", "local:great-1")
EDIT = call("edit_file", path="src/sums.py", old="a - b", new="a + b")
A_MINUTE = (pytest.mark.long, pytest.mark.timeout(300))
FULL_QUESTIONS = 5
"""Planner, coder twice, tester, reviewer."""


class World:
    """The server of a well-behaved model; `before` a question (counted from 1) it may do harm, or answer itself."""

    def __init__(self, before: Callable[[int], Deed | None] = lambda number: None) -> None:
        self._before = before
        self._server = ProviderServer(self._answer)
        self.answered = 0

    def __enter__(self) -> World:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    @property
    def url(self) -> str:
        return self._server.openai_url

    @property
    def asked(self) -> int:
        return len(self._server.asked)

    def _answer(self, asked: Asked) -> Deed:
        deed = self._before(self.asked)
        self.answered += deed is None
        return deed or in_role(asked)


def in_role(asked: Asked) -> Deed:
    system = json.dumps(asked.body["messages"][0])
    if "planner of Journeyman" in system:
        return Says(json.dumps(PLAN))
    if "tester of Journeyman" in system or "reviewer of Journeyman" in system:
        return Says(json.dumps(CONTENT))
    done = any("edited src/sums.py" in json.dumps(message) for message in asked.body["messages"])
    return Says("mended") if done else Says(calls=[EDIT])


def once(number: int, harm: Callable[[], Any]) -> Callable[[int], None]:
    """Do harm before the answer to one question."""

    def before(asked: int) -> None:
        if asked == number:
            harm()

    return before


def deliver(journeyman: CommandLine, remote: Path, world: World, *words: str, timeout: float = 100) -> Done:
    journeyman.variables["JOURNEYMAN_LOCAL_URL"] = world.url
    return journeyman("run", str(remote), *TASK, *MODEL, *words, timeout=timeout)


def assert_delivered(done: Done, remote: Path) -> None:
    """One branch with one commit that holds the mended file."""
    assert done.code == 0, done.err
    branch = done.json["branch_name"]
    assert git(remote, "show", f"{branch}:src/sums.py") == FIXED_SUM.strip()
    assert git(remote, "rev-list", "--count", f"main..{branch}") == "1"
    assert len(git(remote, "branch", "--list").splitlines()) == 2


def assert_told(done: Done, code: int, *words: str) -> None:
    """It ended with one plain reason and the way to go on."""
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.json["error_message"], done.json["error_message"]


# The model


@pytest.mark.parametrize(
    "faults",
    [
        [Fails(429, retry_after="1"), Fails(500), Fails(529), HangsUp()],
        [Says("half an answer", breaks="reset"), Says("half an answer", breaks="end"), ReportsError()],
        [Says("half an answer", breaks="garble"), Fails(503, body="<html>", content_type="text/html")],
    ],
    ids=["refusals", "half answers", "nonsense"],
)
def test_a_model_that_fails_is_asked_again(
    journeyman: CommandLine, remote: Path, faults: list[Deed], tmp_path: Path
) -> None:
    left = iter(faults)
    with World(lambda number: None if number == 1 else next(left, None)) as world:
        done = deliver(journeyman, remote, world)
    assert_delivered(done, remote)
    assert world.answered == FULL_QUESTIONS == done.json["artifacts"]["llm_calls"]
    assert world.asked == FULL_QUESTIONS + len(faults)


def test_a_tool_call_with_broken_arguments_is_told_to_the_model(journeyman: CommandLine, remote: Path) -> None:
    broken = iter(
        [Says(calls=[("edit_file", '{"path": "src/sums.py", "old')]), Says(calls=[("no_such_tool", "[1]")])]
    )
    with World(lambda number: next(broken, None) if number > 1 else None) as world:
        done = deliver(journeyman, remote, world)
    assert_delivered(done, remote)
    assert world.asked == FULL_QUESTIONS + 2


def test_a_model_that_is_gone_ends_the_run_and_its_return_revives_it(journeyman: CommandLine, remote: Path) -> None:
    gone = True
    with World(
        lambda number: Fails(400, "credit is used up, insufficient_quota") if gone and number > 1 else None
    ) as w:
        done = deliver(journeyman, remote, w)
        assert done.code == 1, done.err
        gone = False
        paid = w.answered
        again = journeyman("resume", done.json["run_id"], "--json")
    assert_delivered(again, remote)
    assert w.answered == paid + FULL_QUESTIONS - 1


# The clock


HOUR, DAY = 3600, 86400


@dataclass
class Clock:
    """The clocks of the command line: that on the wall, and the steady one that waiting goes by."""

    file: Path
    wall: int = 0
    steady: int = 0

    def jump(self, wall: int) -> None:
        """Set the clock on the wall so many seconds off the true one."""
        self.wall = wall
        self._write()

    def pass_(self, seconds: int) -> None:
        """Let time pass at once."""
        self.wall += seconds
        self.steady += seconds
        self._write()

    def _write(self) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text(f"{self.wall} {self.steady}")
        draft.rename(self.file)


@pytest.fixture(scope="session")
def clock_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here: `make servers` installs one, or tells what to install")
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return library


@pytest.fixture
def clock(journeyman: CommandLine, tmp_path: Path, clock_library: Path) -> Clock:
    made = Clock(tmp_path / "clock")
    made.jump(0)
    journeyman.variables |= {"LD_PRELOAD": str(clock_library), "CLOCK_FILE": str(made.file)}
    return made


def test_the_clock_jumps(journeyman: CommandLine, remote: Path, clock: Clock) -> None:
    jumps = {2: 3 * DAY, 3: -2 * DAY, 4: 400 * DAY, 5: -HOUR}
    with World(lambda number: clock.jump(jumps[number]) if number in jumps else None) as world:
        done = deliver(journeyman, remote, world)
    assert_delivered(done, remote)
    assert world.asked == FULL_QUESTIONS
    assert done.json["execution_time_hours"] >= 0


def test_a_time_limit_that_a_jump_used_up_can_be_lifted(journeyman: CommandLine, remote: Path, clock: Clock) -> None:
    with World(lambda number: clock.jump(3 * DAY) if number == 3 else None) as world:
        done = deliver(journeyman, remote, world, "--time-limit", "90m")
        assert_told(done, 4, "time limit", "resume")
        again = journeyman("resume", done.json["run_id"], "--time-limit", "90h", "--json")
    assert_delivered(again, remote)


def test_an_answer_after_ten_minutes_is_waited_for(journeyman: CommandLine, remote: Path, clock: Clock) -> None:
    def think() -> None:
        for _ in range(62):
            clock.pass_(10)
            time.sleep(0.06)

    with World(once(3, think)) as world:
        done = deliver(journeyman, remote, world)
    assert_delivered(done, remote)
    assert done.json["execution_time_hours"] > 600 / HOUR
    assert world.asked == FULL_QUESTIONS


# The disk


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A file system of a size of its own, which can be changed."""
    place.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield lambda new: subprocess.run(["mount", "-o", f"remount,size={new}", str(place)], check=True) and None
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize(
    "kilobytes",
    [
        64,
        384,
        768,
        *(pytest.param(k, marks=pytest.mark.long) for k in (192, 256, 320, 448, 512, 640, 1024, 1536, 2048)),
    ],
)
def test_the_disk_is_full(remote: Path, tmp_path: Path, kilobytes: int) -> None:
    """Too small a disk stops the run at one write or another; with room made it goes on and pays nothing again."""
    with small_disk(tmp_path / "disk", f"{kilobytes}k") as resize, World() as world:
        journeyman = CommandLine(tmp_path / "disk" / "home")
        done = deliver(journeyman, remote, world)
        assert done.code in (0, 1, 2), done.err
        assert "Traceback" not in done.err
        assert "error of Journeyman's own" not in done.err, done.err
        if done.code:
            assert len(done.err.strip().splitlines()[-1]) > 20, done.err
            resize("64m")
            listed = journeyman("tasks", "--json")
            runs = listed.json["tasks"] if listed.code == 0 else []
            done = journeyman("resume", runs[0]["run_id"], "--json") if runs else deliver(journeyman, remote, world)
        assert_delivered(done, remote)
        assert world.answered == FULL_QUESTIONS


# The database


def hold_lock(path: Path, seconds: float) -> threading.Thread:
    """Lock a SQLite database for a while, as a backup or a person with a shell does."""
    locked = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            locked.set()
            time.sleep(seconds)
            connection.rollback()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait()
    return thread


@pytest.mark.parametrize("seconds", [8, pytest.param(70, marks=A_MINUTE)])
def test_the_database_is_locked(journeyman: CommandLine, remote: Path, seconds: float) -> None:
    def lock() -> None:
        threads.append(hold_lock(journeyman.home / "journeyman.sqlite", seconds))

    threads: list[threading.Thread] = []
    with World(once(3, lock)) as world:
        done = deliver(journeyman, remote, world, timeout=200)
        threads[0].join()
    assert_delivered(done, remote)
    assert world.asked == FULL_QUESTIONS


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=A_MINUTE)])
def test_the_database_is_gone(journeyman: CommandLine, remote: Path, seconds: float) -> None:
    with own_server() as postgres:
        journeyman.variables["DATABASE_URL"] = postgres.new_database()

        def away() -> None:
            postgres.stop()
            threads.append(threading.Timer(seconds, postgres.start))
            threads[0].start()

        threads: list[threading.Timer] = []
        with World(once(3, away)) as world:
            done = deliver(journeyman, remote, world, timeout=200)
            threads[0].join()
    assert_delivered(done, remote)
    assert world.asked == FULL_QUESTIONS


# The remote


def test_the_remote_goes_away_before_the_push(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    with World(once(FULL_QUESTIONS, lambda: remote.rename(tmp_path / "away"))) as world:
        done = deliver(journeyman, remote, world)
        assert done.code == 1, done.err
        assert str(remote) in done.json["error_message"]
        (tmp_path / "away").rename(remote)
        again = journeyman("resume", done.json["run_id"], "--json")
    assert_delivered(again, remote)
    assert world.asked == FULL_QUESTIONS


def test_the_base_moves_on_meanwhile(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    def commit() -> None:
        git(tmp_path, "clone", "-q", str(remote), "other")
        (tmp_path / "other" / "news").write_text("1")
        git(tmp_path / "other", "add", "-A")
        git(tmp_path / "other", "commit", "-qm", "news")
        git(tmp_path / "other", "push", "-q")

    with World(once(3, commit)) as world:
        done = deliver(journeyman, remote, world)
    assert done.code == 0, done.err
    branch = done.json["branch_name"]
    assert git(remote, "show", f"{branch}:src/sums.py") == FIXED_SUM.strip()
    assert git(remote, "rev-list", "--count", f"main..{branch}") == "1"
    assert git(remote, "show", "main:news") == "1"


def test_the_branch_is_taken_meanwhile(journeyman: CommandLine, remote: Path) -> None:
    def take() -> None:
        (run,) = journeyman("tasks", "--json").json["tasks"]
        name = journeyman("show", run["run_id"], "--json").json["branch_name"]
        git(remote, "branch", name, "main")
        taken.append(name)

    taken: list[str] = []
    with World(once(3, take)) as world:
        done = deliver(journeyman, remote, world)
    assert git(remote, "rev-parse", taken[0]) == git(remote, "rev-parse", "main"), "another's branch was moved"
    assert "Traceback" not in done.err
    assert done.code == 0, done.err
    assert done.json["branch_name"] != taken[0]
    assert git(remote, "show", f"{done.json['branch_name']}:src/sums.py") == FIXED_SUM.strip()


def test_a_hook_refuses_the_push(journeyman: CommandLine, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'the freeze lasts until Monday' >&2\nexit 1\n")
    hook.chmod(0o755)
    with World() as world:
        done = deliver(journeyman, remote, world)
        assert_told(done, 1, "the freeze lasts until Monday")
        hook.unlink()
        again = journeyman("resume", done.json["run_id"], "--json")
    assert_delivered(again, remote)
    assert world.asked == FULL_QUESTIONS


# The sandbox


def test_the_sandbox_is_killed(journeyman: CommandLine, remote: Path) -> None:
    """The command of the coder is lost with it; the step is done again in a new one, and nothing is asked again."""
    slow = call("run_shell_command", command="sleep 1.5; echo survived")
    with World(lambda number: Says(calls=[slow]) if number == 2 else None) as world:
        journeyman.variables["JOURNEYMAN_LOCAL_URL"] = world.url
        process = journeyman.start("run", str(remote), *TASK, *MODEL)
        for victim in wait_until(lambda: sleeping_below(process.pid)):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert_delivered(Done(process.returncode, out.decode(), err.decode(), 0), remote)
    assert world.asked == FULL_QUESTIONS + 1
    assert "the sandbox ended under a command" in err.decode(), err.decode()


def sleeping_below(parent: int) -> list[int]:
    """Return the processes of the sandbox in which the coder's command runs, outermost first."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    parents = {int(row[0]): int(row[1]) for row in rows}
    for row in rows:
        if len(row) == 3 and row[2].strip() == "sleep 1.5":
            chain = [int(row[0])]
            while chain[-1] in parents and parents[chain[-1]] != parent:
                chain.append(parents[chain[-1]])
            if parents.get(chain[-1]) == parent:
                return chain[::-1]
    return []


def test_a_command_runs_out_of_memory(journeyman: CommandLine, remote: Path) -> None:
    """It is told to the model, and the sandbox lives on."""
    greedy = call("run_shell_command", command="python3 -c 'b = bytearray(8 * 1024**3)'; echo still here")
    results: list[str] = []

    def before(number: int) -> Deed | None:
        return Says(calls=[greedy]) if number == 2 else None

    with World(before) as world:
        done = deliver(journeyman, remote, world)
        results += [json.dumps(asked.body) for asked in world._server.asked]
    assert_delivered(done, remote)
    assert any("memory" in body and "still here" in body for body in results[2:])
