"""The main job as a person uses it: the command line, real git, the real sandbox."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from journeyman.domain.states import State
from tests.e2e.project import FIXED_SUM, CommandLine, git, make_repository, wait_until
from tests.e2e.scripts import CONTENT, MEND, call, says, script

TASK = ("--task", "Mend the sum\n\nadd(2, 3) must be 5.", "--mode", "bugfix", "--validate", "python3 -m pytest -q")
UNITTEST = ("--validate", "python3 -m unittest discover -s tests -t .")


def run(journeyman: CommandLine, remote: Path, model: str, *more: str):
    return journeyman("run", str(remote), *TASK, "--model", model, "--json", *more)


def test_a_task_becomes_a_pushed_branch(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    done = run(journeyman, remote, script(tmp_path), "--requirement", "add adds")
    assert done.code == 0, done.err
    result = done.json
    assert result["success"]
    assert result["status"] == "complete"
    assert result["branch_name"].startswith("fix/20")
    assert result["branch_name"].endswith("-mend-the-sum")
    assert result["validation_result"]["tests_passed"] == 1
    assert result["artifacts"]["llm_calls"] == 5
    assert git(remote, "rev-parse", result["branch_name"]) == result["commit_hash"]
    assert git(remote, "show", f"{result['branch_name']}:src/sums.py") == FIXED_SUM.strip()
    assert git(remote, "rev-list", "--count", f"main..{result['branch_name']}") == "1"
    message = git(remote, "log", "-1", "--format=%an%n%B", result["branch_name"])
    assert message.startswith("Journeyman\nfix: Mend the sum")
    assert "- add adds" in message
    assert git(remote, "diff", "--name-only", f"main..{result['branch_name']}") == "src/sums.py"


def test_the_same_without_a_model(journeyman: CommandLine, remote: Path) -> None:
    done = run(journeyman, remote, "none")
    assert done.code == 0, done.err
    result = done.json
    assert result["artifacts"]["llm_calls"] == 0
    assert git(remote, "show", f"{result['branch_name']}:src/sums.py") == FIXED_SUM.strip()


def test_without_a_model_and_without_a_fault_it_says_what_is_needed(journeyman: CommandLine, remote: Path) -> None:
    done = journeyman(
        "run", str(remote), "--task", "Add a feature", "--model", "none", "--json", "--validate", "true"
    )
    assert done.code == 1
    assert done.json["status"] == "escalated"
    assert "--model" in done.json["error_message"]


def test_looking_at_a_run(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    run_id = run(journeyman, remote, script(tmp_path)).json["run_id"]
    shown = journeyman("show", run_id, "--json").json
    assert (shown["run_id"], shown["status"], shown["state"]) == (run_id, "complete", "COMPLETE")
    assert shown["result"]["success"]
    assert [task["run_id"] for task in journeyman("tasks", "--json").json["tasks"]] == [run_id]
    assert "+    return a + b" in journeyman("diff", run_id).out
    assert "edit_file" in journeyman("logs", run_id).out
    assert journeyman("logs", run_id, "--follow").code == 0
    assert journeyman("cost", run_id, "--json").json["calls"] == 5
    assert "Mend the sum: done" in journeyman("show", run_id[:12]).out


def test_the_audit_log_tells_who_did_what_and_shows_a_forgery(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    run_id = run(journeyman, remote, script(tmp_path), "--approve", "always").json["run_id"]
    journeyman("approve", run_id)
    assert journeyman("audit", "verify", "--json").json["entries"] == 3
    with closing(sqlite3.connect(journeyman.home / "journeyman.sqlite")) as connection:
        connection.execute("UPDATE audit_log SET action = 'reject' WHERE action = 'approve'")
        connection.commit()
    forged = journeyman("audit", "verify")
    assert forged.code == 1
    assert "broken at entry 2" in forged.out


def test_a_local_repository_stays_as_it_is(journeyman: CommandLine, tmp_path: Path) -> None:
    local = make_repository(tmp_path / "local")
    (local / "src/sums.py").write_text("half a thought")
    (local / "notes.txt").write_text("mine")
    git(local, "stash", "push", "-q", "src/sums.py")
    (local / "tests/test_sums.py").write_text("# staged")
    git(local, "add", "tests")
    before = (git(local, "status", "--porcelain"), git(local, "stash", "list"), git(local, "branch", "--list"))
    result = run(journeyman, local, script(tmp_path)).json
    assert result["success"]
    assert (git(local, "status", "--porcelain"), git(local, "stash", "list")) == before[:2]
    assert (local / "notes.txt").read_text() == "mine"
    branches = git(local, "branch", "--list", "--format=%(refname:short)").split()
    assert sorted(branches) == sorted(["main", result["branch_name"]])


def test_a_second_run_takes_another_branch(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    first = run(journeyman, remote, script(tmp_path)).json["branch_name"]
    assert run(journeyman, remote, script(tmp_path)).json["branch_name"] == f"{first}-2"


def test_no_push(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    result = run(journeyman, remote, script(tmp_path), "--no-push").json
    assert result["success"]
    assert git(remote, "branch", "--list", "--format=%(refname:short)") == "main"


def test_a_test_that_was_weakened_sends_the_work_back(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    weaken = call("edit_file", path="tests/test_sums.py", old="assert add(2, 3) == 5", new="assert True")
    done = run(journeyman, remote, script(tmp_path, coder=[weaken, says("done")]))
    assert done.code == 1
    assert done.json["status"] == "escalated"
    assert "weakened" in journeyman("logs", done.json["run_id"]).out
    assert git(remote, "branch", "--list", "--format=%(refname:short)") == "main"


def test_failing_checks_send_the_work_back(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    wrong = call("edit_file", path="src/sums.py", old="a - b", new="a * b")
    done = run(journeyman, remote, script(tmp_path, coder=[wrong, says("done")]))
    assert done.code == 1
    assert done.json["status"] == "escalated"


def test_a_reviewer_who_objects_sends_the_work_back(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    objects = {**CONTENT, "issues": ["the docstring lies"]}
    done = run(journeyman, remote, script(tmp_path, reviewer=objects))
    assert done.code == 1
    assert "the docstring lies" in done.json["error_message"]


def test_a_request_from_a_file(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    request = {
        "agent": {"model": script(tmp_path), "instructions": "be brief"},
        "repository": {"remote_url": str(remote), "branch": "main"},
        "task": {
            "id": "t-1",
            "project_id": "p-1",
            "company_id": "c-1",
            "title": "Mend the sum",
            "description": "add(2, 3) must be 5",
            "requirements": ["add adds"],
            "tags": ["maths"],
            "context": {"ticket": 7},
        },
    }
    done = journeyman(
        "run", "--request", "-", "--json", "--validate", "python3 -m pytest -q", stdin=json.dumps(request)
    )
    if done.code == 2:
        (tmp_path / "request.json").write_text(json.dumps(request))
    assert done.code == 0, done.err
    assert (done.json["task_id"], done.json["project_id"], done.json["company_id"]) == ("t-1", "p-1", "c-1")


class TestSteering:
    def waiting(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> str:
        done = run(journeyman, remote, script(tmp_path), "--approve", "always")
        assert done.code == 3, done.err
        run_id = done.json["run_id"]
        assert journeyman("show", run_id, "--json").json["status"] == "waiting"
        assert git(remote, "branch", "--list", "--format=%(refname:short)") == "main"
        return run_id

    def test_approve(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
        run_id = self.waiting(journeyman, remote, tmp_path)
        done = journeyman("approve", run_id, "--json")
        assert done.code == 0, done.err
        assert done.json["status"] == "complete"
        assert journeyman("approve", run_id).code == 2

    def test_reject_sends_the_comment_to_the_coder(
        self, journeyman: CommandLine, remote: Path, tmp_path: Path
    ) -> None:
        run_id = self.waiting(journeyman, remote, tmp_path)
        again = [MEND, says("mended")]
        script(tmp_path, coder=again)
        done = journeyman("reject", run_id, "--comment", "name it plus", "--json")
        assert done.code == 3, done.err
        assert journeyman("approve", run_id).code == 0

    def test_cancel_a_waiting_run(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
        run_id = self.waiting(journeyman, remote, tmp_path)
        assert journeyman("cancel", run_id).code == 0
        assert journeyman("show", run_id, "--json").json["status"] == "cancelled"

    def test_cancel_a_run_at_work(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
        model = script(tmp_path, coder=[call("run_shell_command", command="sleep 60"), says("done")])
        process = journeyman.start("run", str(remote), *TASK, "--model", model, "--json")
        run_id = wait_until(lambda: self.at_code(journeyman))
        assert journeyman("cancel", run_id).code == 0
        out, err = process.communicate(timeout=20)
        assert process.returncode == 1, err
        assert json.loads(out)["status"] == "cancelled"

    def test_tell(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
        model = script(tmp_path, coder=[call("run_shell_command", command="sleep 8"), MEND, says("mended")])
        process = journeyman.start("run", str(remote), *TASK, "--model", model, "--json")
        run_id = wait_until(lambda: self.at_code(journeyman))
        assert journeyman("tell", run_id, "use a plus").code == 0
        out, err = process.communicate(timeout=60)
        assert json.loads(out)["success"], err

    @staticmethod
    def at_code(journeyman: CommandLine) -> str | None:
        listed = journeyman("tasks", "--json").json["tasks"]
        return next((task["run_id"] for task in listed if task["state"] == "CODE"), None)


class TestLimits:
    def test_turns(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
        looks = [call("read_file", path="src/sums.py"), call("list_directory", path="."), MEND, says("mended")]
        done = run(journeyman, remote, script(tmp_path, coder=looks), "--max-turns", "2")
        assert done.code == 4, done.err
        assert "resume" in done.json["error_message"]
        again = journeyman("resume", done.json["run_id"], "--max-turns", "10", "--json")
        assert again.code == 0, again.err
        assert again.json["artifacts"]["llm_calls"] == 7

    def test_time(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
        slow = [call("run_shell_command", command="sleep 60"), MEND, says("mended")]
        done = run(journeyman, remote, script(tmp_path, coder=slow), "--time-limit", "4s")
        assert done.code == 4, done.err
        assert done.seconds < 20


STATES = [state.value for state in State]


@pytest.mark.parametrize("moment", ["PLAN", "CODE", "TEST", "VALIDATE"])
def test_a_killed_run_is_resumed(journeyman: CommandLine, remote: Path, tmp_path: Path, moment: str) -> None:
    slow = [call("run_shell_command", command="sleep 0.5; echo x >> count.txt"), MEND, says("mended")]
    process = journeyman.start("run", str(remote), *TASK, "--model", script(tmp_path, coder=slow))
    # A state may last for a few milliseconds only: the one after it will do as well.
    wait_until(lambda: self_state(journeyman) in STATES[STATES.index(moment) :])
    journeyman.kill(process)
    done = journeyman("resume", "--all", "--json")
    assert done.code == 0, done.err
    (shown,) = journeyman("tasks", "--json").json["tasks"]
    assert shown["status"] == "complete", shown
    branch = shown["result"]["branch_name"]
    assert git(remote, "show", f"{branch}:count.txt") == "x"
    assert git(remote, "rev-list", "--count", f"main..{branch}") == "1"


def self_state(journeyman: CommandLine) -> str:
    """Look straight into the database: some states last for a few hundredths of a second only."""
    path = journeyman.home / "journeyman.sqlite"
    if not path.exists():
        return ""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection, suppress(sqlite3.Error):
        row = connection.execute("SELECT state FROM runs").fetchone()
        return row[0] if row else ""
    return ""


def test_an_interrupted_run_tells_how_to_go_on(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    model = script(tmp_path, coder=[call("run_shell_command", command="sleep 60"), says("done")])
    process = journeyman.start("run", str(remote), *TASK, "--model", model, "--json")
    wait_until(lambda: self_state(journeyman) == "CODE")
    process.send_signal(2)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "resume" in err.decode().strip().splitlines()[-1]
    assert "Traceback" not in err.decode()


def test_detach(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    done = run(journeyman, remote, script(tmp_path), "--detach")
    assert done.code == 0
    run_id = done.json["run_id"]
    wait_until(lambda: journeyman("show", run_id, "--json").json["status"] == "complete")
