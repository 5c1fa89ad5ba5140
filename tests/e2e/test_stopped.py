"""A process that hangs (SIGSTOP) is taken for dead, another one ends its run, and then it goes on (SIGCONT): nothing
that it still writes gets into the database, it begins no request, and the remote has one branch with one commit.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from journeyman.store.outbox import SENDING
from tests.e2e import killing
from tests.e2e.killing import Moment, Outcome, World, world

MOMENTS: dict[str, Callable[[], Moment]] = {
    "request": killing.in_request,
    "answer": killing.unrecorded_answer,
    "tool": killing.in_tool,
    "record": killing.after_tool,
    "border": lambda: killing.border("write", "CODE"),
    "commit": lambda: killing.in_git("commit", "before"),
    "push": lambda: killing.in_git("push", "before"),
    "delivery": lambda: killing.in_delivery("implementation_started"),
}


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("homes", [1, 2])
@pytest.mark.parametrize("moment", MOMENTS)
def test_late_writes_of_a_hung_process_are_refused(
    tmp_path: Path, database: str, homes: int, moment: str, expected: Outcome
) -> None:
    hung(tmp_path, database, homes, moment, expected)


@pytest.mark.parametrize("homes", [1, 2])
def test_a_hung_process_writes_nothing_late(tmp_path: Path, homes: int, expected: Outcome) -> None:
    hung(tmp_path, f"sqlite:///{tmp_path}/shared/journeyman.sqlite", homes, "record", expected)


def hung(folder: Path, database: str, homes: int, moment: str, expected: Outcome) -> None:
    with world(folder, database, homes) as made:
        made.hold_seconds = 3.0
        with killing.going_on_until(made, MOMENTS[moment]()) as process:
            os.kill(process.pid, signal.SIGSTOP)
            assert process.poll() is None
            killing.take_note(made)
        let_expire(made)
        made.kills["stopped"] += 1
        killing.finish(made)
        done, asked = of_the_run(made), len(made.server.asked)
        error = go_on(process)
        assert of_the_run(made) == done
        # It may have been stopped right before a request that it had begun: that one it still sends.
        assert len(made.server.asked) <= asked + made.in_flight
        assert "Traceback" not in error
        assert process.returncode == 1, error
        assert "another process" in error
        assert killing.outcome(made) == expected
        killing.check_paid_once(made)
        # A stopped process cannot look at its lease between that and its sending: one notification may come late.
        killing.check_told_once(made, under_way=1)


def of_the_run(made: World) -> dict[str, list[str]]:
    """Return every row but the lease of sending: any process may take that one anew and look for what is due."""
    rows = killing.content(made)
    return {**rows, "leases": [row for row in rows["leases"] if not row.startswith(f"('{SENDING}',")]}


def let_expire(made: World) -> None:
    """Let the time of every lease be over, which takes half a minute."""
    with made.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE leases SET expires_at = '2020-01-01 00:00:00'")


def go_on(process: subprocess.Popen[bytes]) -> str:
    """Let a stopped process go on to its end and return what it said."""
    os.kill(process.pid, signal.SIGCONT)
    try:
        return process.communicate(timeout=60)[1].decode()
    finally:
        process.kill()
