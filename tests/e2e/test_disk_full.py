"""The disk is full at one write after another: a run ends with the reason, and goes on when there is room.

`disk.c` counts what takes room below the home, in Journeyman's processes and in those of git. One run without harm
counts and names the writes. Then each kind of write (the call and the path without its changing parts), and every
n-th one to the database's log, is where the disk is full in a run of its own: from there on, or for that one alone.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.project import CommandLine, Done, make_remote
from tests.e2e.test_faults import FULL_QUESTIONS, World, assert_delivered, deliver

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

NEVER = 1 << 40
EVERY = 12
"""Of the writes of a kind that comes often, each so-manieth is tried."""

PARTS = 12
"""So that the tests can share the work."""

_CHANGING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"), "RUN"),
    (re.compile(r"objects/[0-9a-f]{2}/?"), "objects/"),
    (re.compile(r"tmp_\w{6,8}|tmp[a-z0-9_]{8}|/t\w{6}$|\d+-\d+|[0-9a-f]{12,}"), "CHANGING"),
)


@dataclass(frozen=True)
class Write:
    """One write of a run: its number, and its kind."""

    number: int
    kind: str


@pytest.fixture(scope="session")
def disk_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here: `make servers` installs one, or tells what to install")
    library = tmp_path_factory.mktemp("disk") / "disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, Path(__file__).with_name("disk.c")], check=True)
    return library


@contextmanager
def full_disk(journeyman: CommandLine, library: Path, first: int, count: int = NEVER) -> Iterator[Path]:
    """Let so many writes below the home fail, from one on; yield the file that lists them."""
    folder = journeyman.home.parent / "disk"
    folder.mkdir(exist_ok=True)
    (folder / "count").write_bytes(bytes(8))
    (folder / "log").write_text("")
    shim = {
        "LD_PRELOAD": str(library),
        "DISK_PLACE": str(journeyman.home),
        "DISK_FULL": f"{first} {first + count}",
        "DISK_COUNT": str(folder / "count"),
        "DISK_LOG": str(folder / "log"),
    }
    journeyman.variables |= shim
    try:
        yield folder / "log"
    finally:
        for name in shim:
            del journeyman.variables[name]


def kind(line: str) -> str:
    """Return a line of the list without its number and what differs from run to run."""
    words = line.split(" ", 1)[1]
    for pattern, stand_in in _CHANGING:
        words = pattern.sub(stand_in, words)
    return words


def writes_to_try(lines: Sequence[str]) -> list[Write]:
    """Return the first write of each kind, and every n-th of those that come often."""
    seen: dict[str, int] = {}
    chosen: list[Write] = []
    for number, line in enumerate(lines):
        name = kind(line)
        if seen.setdefault(name, 0) % EVERY == 0:
            chosen.append(Write(number, name))
        seen[name] += 1
    return chosen


@pytest.fixture(scope="session")
def undisturbed(disk_library: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a run without harm writes, in order."""
    folder = tmp_path_factory.mktemp("undisturbed")
    remote = make_remote(folder / "remote")
    journeyman = CommandLine(folder / "home")
    with full_disk(journeyman, disk_library, NEVER) as log, World() as world:
        assert_delivered(deliver(journeyman, remote, world), remote)
    return log.read_text().splitlines()


@pytest.fixture(scope="session")
def chosen(undisturbed: list[str]) -> list[Write]:
    return writes_to_try([line for line in undisturbed if not line.startswith("-")])


def gone_on_with(journeyman: CommandLine, remote: Path, world: World) -> Done:
    """Do what the message of the full disk says. What was full only after the last state was written is refused."""
    listed = journeyman("tasks", "--json")
    runs = listed.json["tasks"] if listed.code == 0 else []
    if not runs:
        return deliver(journeyman, remote, world)
    done = journeyman("resume", runs[0]["run_id"], "--json")
    if done.code == 2 and "has ended: complete" in done.err:
        return journeyman("show", runs[0]["run_id"], "--json")
    return done


def journey(folder: Path, library: Path, write: Write) -> str:
    """Deliver with the disk full at a write, then with room; return what was wrong, or nothing."""
    remote = make_remote(folder / "remote")
    journeyman = CommandLine(folder / "home")
    alone = write.number % 3 == 0
    with World() as world:
        with full_disk(journeyman, library, write.number, 1 if alone else NEVER):
            done = deliver(journeyman, remote, world)
        said = done.err.strip().splitlines() or [""]
        if "Traceback" in done.err or "error of Journeyman's own" in done.err:
            return f"exit {done.code}: {said[-1]}"
        if done.code not in (0, 1, 2) or (done.code and len(said[-1]) < 20):
            return f"exit {done.code}: {done.err}"
        if done.code:
            done = gone_on_with(journeyman, remote, world)
        assert_delivered(done, remote)
        # An answer that the full disk did not take is asked again, counted at its worst case and shown as uncertain.
        uncertain = journeyman("cost", done.json["run_id"], "--json").json["uncertain_calls"]
        fine = world.answered <= FULL_QUESTIONS + uncertain and uncertain <= 1
        return "" if fine else f"{world.answered} questions answered, {uncertain} uncertain"


@pytest.mark.parametrize("part", range(PARTS))
def test_the_disk_is_full_at_each_kind_of_write(
    part: int, tmp_path: Path, disk_library: Path, chosen: list[Write]
) -> None:
    wrong = []
    for write in chosen[part::PARTS]:
        try:
            said = journey(tmp_path / str(write.number), disk_library, write)
        except (AssertionError, subprocess.SubprocessError) as error:
            said = f"{type(error).__name__}: {error}"
        if said:
            wrong.append(f"{write.number} {write.kind}: {said}")
        shutil.rmtree(tmp_path / str(write.number), ignore_errors=True)
    assert len(chosen) > 100
    assert not wrong, "\n".join(wrong)


def test_what_concerns_money_is_forced_to_the_disk(undisturbed: list[str]) -> None:
    """That a request goes out, and its answer; and not every commit, which would be slow."""
    forced = [line for line in undisturbed if line.startswith("- forced") and line.endswith("sqlite-wal")]
    commits = [line for line in undisturbed if line.endswith("sqlite-wal")]
    assert 2 * FULL_QUESTIONS <= len(forced) < len(commits) / 4, len(commits)


def test_the_list_of_writes_is_that_of_the_whole_run(chosen: list[Write]) -> None:
    kinds = {write.kind.split("/home")[-1] for write in chosen}
    assert any("journeyman.sqlite-wal" in name for name in kinds)
    assert any("index.lock" in name for name in kinds), "git's processes take part"
