"""A run goes on on another machine: a second home that shares the database and the remote with the first, no more."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.project import CommandLine, git, wait_until
from tests.e2e.test_providers import EDIT, answer, configured
from tests.git.servers import GitOverHttp
from tests.llm.servers import Asked, Deed, ProviderServer, Says, call

WORK = [
    call("run_shell_command", command="echo one >> log.txt; mkdir -p deep/er; seq 2000 > deep/er/numbers.txt"),
    call("write_file", path="notes.txt", content="notes\n"),
    call("run_shell_command", command="echo two >> log.txt; rm notes.txt; chmod +x log.txt; ln -s log.txt link"),
    EDIT,
]


@pytest.fixture
def homes(tmp_path: Path, database: str) -> list[CommandLine]:
    return [CommandLine(tmp_path / name, {"DATABASE_URL": database}) for name in ("first", "second", "third")]


def worker(asked: Asked) -> Deed:
    """Do one piece of work after another; the last answer but one takes its time, so that the run can be killed."""
    if "You work on one repository through the tools" not in str(asked.body["messages"][0]):
        return answer(asked)
    done = sum(message["role"] == "assistant" for message in asked.body["messages"])
    return Says(calls=[WORK[done]]) if done < len(WORK) else Says("mended")


def test_another_machine_goes_on_from_the_database_and_the_remote(
    homes: list[CommandLine], remote: Path, tmp_path: Path
) -> None:
    first, second, third = homes
    words = ("--task", "Mend the sum", "--mode", "bugfix", "--validate", "true", "--model", "local:great-1")
    held = []

    def holding(asked: Asked) -> Deed:
        deed = worker(asked)
        if isinstance(deed, Says) and deed.calls == [EDIT] and not held:
            held.append(asked)
            return Says(calls=[EDIT], seconds=20)
        return deed

    with ProviderServer(holding) as server:
        for home in homes:
            configured(home, server, tmp_path)
        process = first.start("run", str(remote), *words)
        wait_until(lambda: held)
        first.kill(process)
        (task,) = second("tasks", "--json").json["tasks"]
        done = second("resume", "--all")
        assert done.code == 0, done.err
    branch = second("show", task["run_id"], "--json").json["branch_name"]
    assert git(remote, "show", f"{branch}:log.txt") == "one\ntwo"
    assert git(remote, "ls-tree", branch, "link", "log.txt").split()[::4] == ["120000", "100755"]
    assert git(remote, "rev-list", "--count", f"main..{branch}") == "1"
    again = [count for count in Counter(asked.raw for asked in server.asked).values() if count > 1]
    assert again == [2], "only what was in flight is asked again"
    assert third("cost", task["run_id"], "--json").json["uncertain_calls"] == 1
    assert not (third.home / "runs" / task["run_id"] / "tree").exists()
    assert (
        first("diff", task["run_id"], "--json").json["diff"] == second("diff", task["run_id"], "--json").json["diff"]
    )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_credentials_are_asked_for_where_they_are_not(homes: list[CommandLine], tmp_path: Path) -> None:
    first, second, third = homes
    secret = f"correct-{secrets.token_hex(12)}"
    credentials = {"credential_type": "username_password", "username": "ada", "password": secret}
    held = []

    def adding(asked: Asked) -> Deed:
        deed = answer(asked)
        if isinstance(deed, Says) and deed.calls:
            held.append(asked)
            return Says(
                calls=[call("write_file", path="added.txt", content="added\n")], seconds=20 * (len(held) == 1)
            )
        return Says("done") if deed == Says("mended") else deed

    def coder(asked: Asked) -> Deed:
        done = any("added.txt" in json.dumps(message) for message in asked.body["messages"])
        working = "You work on one repository through the tools" in str(asked.body["messages"][0])
        return Says("added") if working and done else adding(asked)

    with GitOverHttp(tmp_path / "http", login=f"ada:{secret}").running() as remote, ProviderServer(coder) as server:
        for home in homes:
            configured(home, server, tmp_path)
        request = {
            "agent": {"model": "local:great-1"},
            "repository": {"remote_url": remote.url(), "branch": "main", "credentials": credentials},
            "task": {"description": "Add a file"},
        }
        (tmp_path / "request.json").write_text(json.dumps(request))
        process = first.start("run", "--request", str(tmp_path / "request.json"), "--validate", "true")
        wait_until(lambda: held)
        first.kill(process)
        (task,) = second("tasks", "--json").json["tasks"]
        for words in (("resume", task["run_id"]), ("resume", "--all")):
            refused = second(*words)
            assert refused.code == 2
            assert len(refused.err.strip().splitlines()) == 1
            assert f"journeyman resume {task['run_id']} --credentials FILE" in refused.err
        assert second("show", task["run_id"], "--json").json["status"] == "running", "nothing was lost by asking"
        wrong = second("resume", task["run_id"], "--credentials", "-", stdin='{"credential_type": "access_token"}')
        assert (wrong.code, "access_token" in wrong.err) == (2, True)
        done = second("resume", task["run_id"], "--credentials", "-", "--json", stdin=json.dumps(credentials))
        assert done.code == 0, done.err
        bare = tmp_path / "http" / "private" / "project.git"
        assert git(bare, "show", f"{done.json['branch_name']}:added.txt") == "added"
    assert third("cancel", task["run_id"]).code == 2
    files = [path for path in second.home.rglob("*") if path.is_file()]
    assert [path for path in files if secret.encode() in path.read_bytes()] == []
