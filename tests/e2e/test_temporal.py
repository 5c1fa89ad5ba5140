"""The main job on a real Temporal server: this process asks, workers elsewhere carry out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.killing import MODEL, REQUESTS, TASK
from tests.e2e.project import FIXED_SUM, CommandLine, git, wait_until
from tests.e2e.scripts import script
from tests.e2e.test_providers import configured
from tests.e2e.test_workers import SCRIPTED, commits, slowly
from tests.e2e.workers import status, wait_for, worker
from tests.engines.temporal_server import TemporalServer, own_temporal
from tests.llm.servers import ProviderServer


@pytest.fixture(scope="module")
def temporal() -> Iterator[TemporalServer]:
    server = own_temporal()
    yield server
    server.remove()


@pytest.fixture
def journeyman(tmp_path: Path, temporal: TemporalServer) -> CommandLine:
    queue = {"TEMPORAL_TASK_QUEUE_CODING_AGENT": f"agents-{tmp_path.name}"}
    return CommandLine(tmp_path / "home", {"TEMPORAL_HOST": temporal.host, **queue})


def test_a_detached_run_waits_for_a_person_and_is_delivered(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    words = ("run", str(remote), *SCRIPTED, "--model", script(tmp_path), "--approve", "always", "--detach")
    run_id = journeyman(*words).json["run_id"]
    assert status(journeyman, run_id) == "running"
    with worker(journeyman):
        wait_for(journeyman, run_id, "waiting")
        done = journeyman("approve", run_id, "--json")
        assert (done.code, done.json["status"]) == (0, "complete"), done.err
        assert git(remote, "show", f"{done.json['branch_name']}:src/sums.py") == FIXED_SUM.strip()
        engine = next(line for line in journeyman("doctor").out.splitlines() if "engine" in line)
        assert "1 workers" in engine
    assert commits(remote) == ["1"]


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_worker_is_killed_in_the_middle_and_another_one_finishes(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    with ProviderServer(slowly) as server:
        configured(journeyman, server, tmp_path)
        with worker(journeyman) as first:
            follower = journeyman.start("run", str(remote), *TASK, *MODEL, "--json")
            wait_until(lambda: len(server.asked) >= 3, 60)
            journeyman.kill(first)
            with worker(journeyman, "--engine", "temporal"):
                _, err = follower.communicate(timeout=200)
    assert follower.returncode == 0, err.decode()
    (task,) = journeyman("tasks", "--json").json["tasks"]
    used = journeyman("cost", task["run_id"], "--json").json
    assert used["calls"] == REQUESTS
    again = sum(count - 1 for count in Counter(asked.raw for asked in server.asked).values())
    assert again <= used["uncertain_calls"] <= 1
    assert commits(remote) == ["1"]


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_worker_that_is_told_to_end_hands_its_step_over(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    with ProviderServer(slowly) as server:
        configured(journeyman, server, tmp_path)
        run_id = journeyman("run", str(remote), *TASK, *MODEL, "--json", "--detach").json["run_id"]
        with worker(journeyman):
            wait_until(lambda: len(server.asked) >= 3, 60)
        assert status(journeyman, run_id) == "running"
        with worker(journeyman):
            wait_for(journeyman, run_id, "complete", seconds=120)
    assert commits(remote) == ["1"]
