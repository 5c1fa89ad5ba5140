"""`journeyman worker` on the store: what was submitted or left by a dead process is carried out, once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.killing import MODEL, REQUESTS, TASK
from tests.e2e.killing import worker as answer_at_once
from tests.e2e.project import CommandLine, git, wait_until
from tests.e2e.scripts import script
from tests.e2e.test_providers import configured
from tests.e2e.workers import wait_for, worker
from tests.llm.servers import Asked, ProviderServer, Says

SCRIPTED = ("--task", "Mend the sum", "--mode", "bugfix", "--validate", "python3 -m pytest -q", "--json")


def slowly(asked: Asked) -> Says:
    """Answer the coder with one piece of work after another, each after a moment."""
    says = answer_at_once(asked)
    return Says(says.text, says.calls, seconds=0.1)


def commits(remote: Path) -> list[str]:
    """How many commits each branch but main has."""
    branches = [name for name in git(remote, "branch", "--format=%(refname:short)").split() if name != "main"]
    return [git(remote, "rev-list", "--count", f"main..{branch}") for branch in branches]


def test_a_worker_goes_on_with_the_run_of_a_dead_process(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    with ProviderServer(slowly) as server:
        configured(journeyman, server, tmp_path)
        killed = journeyman.start("run", str(remote), *TASK, *MODEL)
        wait_until(lambda: len(server.asked) >= 3)
        journeyman.kill(killed)
        (task,) = journeyman("tasks", "--json").json["tasks"]
        with worker(journeyman):
            shown = wait_for(journeyman, task["run_id"], "complete")
    assert shown["result"]["artifacts"]["llm_calls"] == REQUESTS
    assert len(server.asked) <= REQUESTS + 1
    assert commits(remote) == ["1"]


def test_workers_share_what_is_submitted_and_hear_a_persons_answer(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    model = script(tmp_path)
    (tmp_path / "settings.yaml").write_text(json.dumps({"worker": {"at_once": 2}, "mend_first": False}))
    journeyman.variables["JOURNEYMAN_CONFIG"] = str(tmp_path / "settings.yaml")
    with worker(journeyman), worker(journeyman, "--at-once", "1"):
        words = ("run", str(remote), *SCRIPTED, "--model", model, "--approve", "always")
        runs = [journeyman.start(*words, "--title", f"Sum {number}") for number in range(2)]
        ids = [json.loads(run.communicate(timeout=90)[0])["run_id"] for run in runs]
        assert len(set(ids)) == 2
        for run_id in ids:
            wait_for(journeyman, run_id, "waiting")
        done = journeyman("approve", ids[0], "--json")
        assert (done.code, done.json["status"]) == (0, "complete"), done.err
        assert commits(remote) == ["1"]
        assert journeyman("cancel", ids[1], "--json").code == 0
        wait_for(journeyman, ids[1], "cancelled")


def test_without_a_temporal_server_it_says_so_and_nothing_is_lost(journeyman: CommandLine, remote: Path) -> None:
    journeyman.variables["TEMPORAL_HOST"] = "127.0.0.1:1"
    for words in (("worker",), ("run", str(remote), *SCRIPTED, "--model", "none", "--detach")):
        done = journeyman(*words)
        assert done.code == 1
        assert done.err.splitlines()[-1].startswith("journeyman: no Temporal server answers at 127.0.0.1:1: check ")
    (task,) = journeyman("tasks", "--json").json["tasks"]
    assert task["status"] == "running"
