"""SIGKILL of the whole process tree at random moments: the run ends as an undisturbed one does, and no answer is paid
twice. Seeds are fixed; what a seed meets differs with the machine's speed, which is the point.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.project import CommandLine, git, make_remote
from tests.e2e.test_providers import EDIT, answer, configured
from tests.llm.servers import Asked, Deed, ProviderServer, Says, call

TASK = (
    "--task",
    "Mend the sum",
    "--mode",
    "bugfix",
    "--validate",
    "python3 -m pytest -q",
    "--model",
    "local:great-1",
)
WORK = [
    call("run_shell_command", command="echo one >> log.txt; sleep 0.2"),
    call("write_file", path="notes.txt", content="notes\n"),
    call("run_shell_command", command="echo two >> log.txt"),
    EDIT,
]
KILLS = 4


def slowly(asked: Asked) -> Deed:
    """Answer the coder with one piece of work after another, each after a moment."""
    system = str(asked.body["messages"][0])
    if "You work on one repository through the tools" not in system:
        return answer(asked)
    done = sum(message["role"] == "assistant" for message in asked.body["messages"])
    return Says(calls=[WORK[done]], seconds=0.1) if done < len(WORK) else Says("mended", seconds=0.1)


def outcome(journeyman: CommandLine, remote: Path) -> tuple[str, str]:
    """Return the one branch's tree, and how many commits it has."""
    (branch,) = [name for name in git(remote, "branch", "--format=%(refname:short)").split() if name != "main"]
    (task,) = journeyman("tasks", "--json").json["tasks"]
    assert task["status"] == "complete", task
    return git(remote, "rev-parse", f"{branch}^{{tree}}"), git(remote, "rev-list", "--count", f"main..{branch}")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("undisturbed")
    journeyman, remote = CommandLine(folder / "home"), make_remote(folder / "origin")
    with ProviderServer(slowly) as server:
        configured(journeyman, server, folder)
        done = journeyman("run", str(remote), *TASK)
    assert done.code == 0, done.err
    return outcome(journeyman, remote)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_a_run_that_is_killed_again_and_again_ends_the_same(
    journeyman: CommandLine, remote: Path, tmp_path: Path, undisturbed: tuple[str, str], seed: int
) -> None:
    chance = random.Random(seed)
    with ProviderServer(slowly) as server:
        configured(journeyman, server, tmp_path)
        kills = start_and_kill(journeyman, chance, ("run", str(remote), *TASK))
        for _ in range(KILLS - 1):
            kills += start_and_kill(journeyman, chance, ("resume", "--all"))
        if not journeyman("tasks", "--json").json["tasks"]:
            assert journeyman("run", str(remote), *TASK).code == 0
        last = journeyman("resume", "--all")
        assert last.code == 0, last.err
    assert outcome(journeyman, remote) == undisturbed
    (task,) = journeyman("tasks", "--json").json["tasks"]
    used = journeyman("cost", task["run_id"], "--json").json
    again = sum(count - 1 for count in Counter(asked.raw for asked in server.asked).values())
    assert again <= used["uncertain_calls"] <= kills
    assert used["calls"] == len(WORK) + 4


def start_and_kill(journeyman: CommandLine, chance: random.Random, words: tuple[str, ...]) -> int:
    """Start a command, kill all of it at a random moment, and return 1 if it was still alive then."""
    process = journeyman.start(*words)
    try:
        process.wait(chance.uniform(0.3, 2.5))
    except subprocess.TimeoutExpired:
        journeyman.kill(process)
        time.sleep(0.05)
        return 1
    process.communicate()
    return 0
