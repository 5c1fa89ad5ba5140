"""SIGKILL of the whole process tree at every border of a step, at moments that are held open, and at random ones: the
run ends as an undisturbed one does, no answer is paid twice, and nothing is told twice unless the kill was in its
delivery. In one home, and in two that share the database and the remote only, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e import killing
from tests.e2e.killing import Moment, Outcome, World, border, in_delivery, in_git, in_request, world


def journey() -> list[Moment]:
    """Every kind of moment on the way from the first step to the last."""
    return [
        border("prepare", "INIT"),
        border("understand", "ANALYZE"),
        killing.unsent(),
        in_request(),
        killing.unrecorded_answer(),
        killing.unused_answer("run_facts", "NEW.name = 'plan'"),
        border("plan", "PLAN"),
        in_delivery("implementation_started"),
        in_request(),
        killing.unrecorded_answer(),
        killing.in_tool(),
        killing.after_tool(),
        in_request(),
        killing.unused_answer("tool_calls", killing.USED_TOOL),
        border("write", "CODE"),
        border("check", "TEST"),
        in_request(),
        killing.unrecorded_answer(),
        border("validate", "VALIDATE"),
        killing.border_in_state("review", "REVIEW"),
        in_git("commit", "before"),
        in_git("commit", "after"),
        border("commit", "COMMIT"),
        in_git("push", "before"),
        in_git("push", "after"),
        border("publish", "PR"),
        killing.border_in_state("conclude", "COMPLETE"),
        in_delivery("workflow_completed"),
    ]


def check(made: World, expected: Outcome, record: Callable[[str, object], None]) -> None:
    assert killing.outcome(made) == expected
    assert (expected.commits, expected.status, expected.calls) == ("1", "complete", killing.REQUESTS)
    assert made.value("SELECT count(*) FROM runs WHERE result IS NOT NULL") == 1
    killing.check_paid_once(made)
    killing.check_told_once(made)
    record("kills", dict(made.kills))


@pytest.mark.long
def test_killed_now_and_then(
    tmp_path: Path, expected: Outcome, record_property: Callable[[str, object], None]
) -> None:
    worst = [
        killing.unrecorded_answer(),
        killing.in_tool(),
        border("write", "CODE"),
        in_git("push", "after"),
        in_delivery("workflow_completed"),
    ]
    with world(tmp_path, f"sqlite:///{tmp_path}/shared/journeyman.sqlite", 2) as made:
        for moment in worst:
            killing.kill_at(made, moment)
        killing.finish(made)
        check(made, expected, record_property)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("homes", [1, 2])
@pytest.mark.parametrize("round_number", range(3))
def test_killed_at_every_kind_of_moment(
    tmp_path: Path,
    database: str,
    homes: int,
    round_number: int,
    expected: Outcome,
    record_property: Callable[[str, object], None],
) -> None:
    with world(tmp_path, database, homes) as made:
        for moment in journey():
            killing.kill_at(made, moment)
        killing.finish(made)
        check(made, expected, record_property)
        assert made.kills.total() == len(journey()) == 28


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("homes", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments(
    tmp_path: Path,
    database: str,
    homes: int,
    seed: int,
    expected: Outcome,
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random(seed)
    with world(tmp_path, database, homes) as made:
        for _ in range(4):
            if made.rows("SELECT 1 FROM runs WHERE state = 'COMPLETE'"):
                break
            killing.kill_at(made, killing.at_random(chance, 1.5))
        killing.finish(made)
        check(made, expected, record_property)
