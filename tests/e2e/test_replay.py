"""Runs are exported and replayed: real commands, a home and a sandbox of their own, no model and no network."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

import journeyman as journeyman_package
from journeyman.config import load
from journeyman.domain.redaction import spellings
from journeyman.record import Verdict
from journeyman.wiring.recording import replay
from tests.e2e.project import FIXED_SUM, CommandLine, Done, git, make_remote, make_repository, wait_until
from tests.e2e.scripts import MEND, call, says, script
from tests.e2e.test_credentials import request
from tests.e2e.test_providers import KEY, answer, configured
from tests.git.servers import GitOverHttp
from tests.llm.servers import Fails, ProviderServer

TASK = ("--task", "Mend the sum\n\nadd(2, 3) must be 5.", "--mode", "bugfix", "--validate", "python3 -m pytest -q")
LOOK = call("run_shell_command", command="cat src/sums.py; date; python3 -m pytest -q; true")


def run(journeyman: CommandLine, remote: Path, model: str, *more: str) -> Done:
    return journeyman("run", str(remote), *TASK, "--model", model, "--json", *more)


@dataclass(frozen=True)
class Delivered:
    """A run that was delivered by a script, and its record. The script is gone."""

    journeyman: CommandLine
    remote: Path
    record: Path
    result: dict[str, Any]

    def replay(self, *words: str, record: Path | None = None) -> Done:
        return self.journeyman("replay", str(record or self.record), *words)

    def judge(self, record: Path) -> Verdict:
        """Replay in this process, which saves the start of another one."""
        return asyncio.run(replay(record, config=load(self.journeyman.environment())))

    def judge_run(self, run_id: str, folder: Path) -> Verdict:
        """Export a run and replay it."""
        return self.judge(exported(self.journeyman, run_id, folder / f"{len(list(folder.iterdir()))}.record"))


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    folder = tmp_path_factory.mktemp("delivered")
    journeyman, remote = CommandLine(folder / "home"), make_remote(folder / "origin")
    git(folder / "origin" / "source", "commit", "-q", "--allow-empty", "-m", "go on")
    git(folder / "origin" / "source", "push", "-q", str(remote), "main")
    done = run(journeyman, remote, script(folder, coder=[LOOK, MEND, says("mended")]))
    assert done.code == 0, done.err
    (folder / "script.json").unlink()
    record = exported(journeyman, done.json["run_id"], folder / "run.record")
    return Delivered(journeyman, remote, record, done.json)


def exported(journeyman: CommandLine, run_id: str, path: Path) -> Path:
    done = journeyman("export", run_id, "-o", str(path))
    assert done.code == 0, done.err
    return path


def tampered(path: Path, folder: Path, part: str, change: Callable[[dict[str, Any]], bool]) -> Path:
    """Return a copy of a record in which `change` was made to the first line of a part that it wants."""
    copy = folder / "tampered.record"
    with ZipFile(path) as source, ZipFile(copy, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                lines = [json.loads(line) for line in content.splitlines()]
                assert any(change(line) for line in lines)
                content = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()
            target.writestr(name, content)
    return copy


class TestAReplayIsIdentical:
    def test_with_a_model(self, delivered: Delivered) -> None:
        remote, branch = delivered.remote, delivered.result["branch_name"]
        before = git(remote, "for-each-ref")
        done = delivered.replay()
        assert done.code == 0, done.out + done.err
        assert done.out.splitlines()[0] == f"{git(remote, 'rev-parse', f'{branch}^{{tree}}')} identical"
        compared = re.fullmatch(r"  compared  (\d+) commands, (.*)", done.out.splitlines()[1])
        # The mender's laboratory is sent in as many commands as its archive needs.
        assert compared is not None
        assert int(compared[1]) > 3
        assert compared[2] == "6 requests, 10 steps, 2 tool calls, 3 trees"
        assert git(remote, "for-each-ref") == before
        verdict = delivered.replay("--json").json
        assert verdict["commit"] == delivered.result["commit_hash"]
        assert "date" in LOOK["calls"][0]["arguments"]["command"]
        assert [(h["place"], h["recorded"] == h["now"]) for h in verdict["hidden"] if "UTC" in h["now"]] == [
            ("round 1, turn 1, call 1, run_shell_command", False)
        ]

    def test_without_a_model_command_by_command(self, delivered: Delivered, tmp_path: Path) -> None:
        done = run(delivered.journeyman, delivered.remote, "none")
        verdict = delivered.judge_run(done.json["run_id"], tmp_path)
        assert verdict.identical, verdict
        assert verdict.compared["commands"] > 5
        assert verdict.compared["trees"] >= 2
        assert verdict.log_identical
        branch = done.json["branch_name"]
        assert git(delivered.remote, "show", f"{branch}:src/sums.py") == FIXED_SUM.strip()

    def test_on_two_homes_the_log_and_the_tree_are_the_same(self, delivered: Delivered, tmp_path: Path) -> None:
        other = CommandLine(tmp_path / "other")
        missing = other("replay", str(delivered.record))
        assert missing.code == 2
        assert len(missing.err.splitlines()) == 1
        assert "--allow-install" in missing.err
        there = other("replay", str(delivered.record), "--allow-install", "--json")
        for verdict in (there, delivered.replay("--json"), delivered.replay("--json")):
            assert verdict.code == 0, verdict.out + verdict.err
            assert (verdict.json["log"], verdict.json["tree"]) == (there.json["log"], there.json["tree"])
        told = delivered.journeyman("logs", delivered.result["run_id"], "--json").json["activities"]
        assert [line.split(" ", 2)[2] for line in there.json["log"]] == [line["message"] for line in told]
        assert [line.split("+")[0] for line in there.json["log"]] == [line["timestamp"][:-1] for line in told]
        assert not (other.home / "journeyman.sqlite").exists()


def test_exporting_twice_gives_the_same_bytes(delivered: Delivered, tmp_path: Path) -> None:
    again = exported(delivered.journeyman, delivered.result["run_id"][:13], tmp_path / "again.record")
    assert again.read_bytes() == delivered.record.read_bytes()
    assert again.stat().st_mode & 0o077 == 0


class TestTheFirstDifferenceIsNamed:
    def test_a_tool_s_result(self, delivered: Delivered, tmp_path: Path) -> None:
        def lie(line: dict[str, Any]) -> bool:
            if line["key"] == "code/1/1/0":
                line["result"]["content"] = line["result"]["content"].replace("line 6", "line 7")
            return line["key"] == "code/1/1/0"

        done = delivered.replay(record=tampered(delivered.record, tmp_path, "tools.jsonl", lie))
        assert done.code == 1
        place, old, new = done.out.splitlines()
        assert place == "round 1, turn 2, call 1, edit_file: the result differs"
        assert ("line 7" in old, "line 6" in new) == (True, True)

    def test_a_tree(self, delivered: Delivered, tmp_path: Path) -> None:
        base = json.loads(ZipFile(delivered.record).read("run.json"))["base_tree"]

        def lie(line: dict[str, Any]) -> bool:
            if line["key"] == "code/1/1/0":
                line["tree"] = base
            return line["key"] == "code/1/1/0"

        verdict = delivered.judge(tampered(delivered.record, tmp_path, "tools.jsonl", lie))
        found = verdict.difference
        assert found is not None
        assert found.place == "round 1, turn 2, call 1, edit_file"
        assert found.what == "the tree differs in src/sums.py"
        assert (found.recorded, verdict.identical) == (base, False)

    def test_a_command_of_a_check(self, delivered: Delivered, tmp_path: Path) -> None:
        def lie(line: dict[str, Any]) -> bool:
            if line["step"] == "check/1":
                line["result"] = line["result"].replace('"status":"passed"', '"status":"skipped"')
            return line["step"] == "check/1"

        found = delivered.judge(tampered(delivered.record, tmp_path, "commands.jsonl", lie)).difference
        assert found is not None
        assert found.place == "step check, round 1, command 1, `python3 -m pytest -q`"
        assert ("skipped" in found.recorded, "passed" in found.now) == (True, True)

    def test_a_request(self, delivered: Delivered, tmp_path: Path) -> None:
        def lie(line: dict[str, Any]) -> bool:
            if line["key"] == "code/1/0":
                line["middle"] = line["middle"].replace("must be 5", "must be 6", 1)
            return line["key"] == "code/1/0"

        found = delivered.judge(tampered(delivered.record, tmp_path, "exchanges.jsonl", lie)).difference
        assert found is not None
        assert found.place == "round 1, turn 1"
        assert found.what.startswith("the request to scripted:")
        assert ("must be 6" in found.recorded, "must be 5" in found.now) == (True, True)

    def test_a_report_of_a_step(self, delivered: Delivered, tmp_path: Path) -> None:
        def lie(line: dict[str, Any]) -> bool:
            if line["name"] == "step validate":
                line["result"] = line["result"].replace("no objection", "one objection")
            return line["name"] == "step validate"

        found = delivered.judge(tampered(delivered.record, tmp_path, "journal.jsonl", lie)).difference
        assert found is not None
        assert (found.place, found.what) == ("step validate", "its report differs")

    def test_changed_code_of_journeyman(self, delivered: Delivered, tmp_path: Path) -> None:
        shutil.copytree(Path(journeyman_package.__file__).parent, tmp_path / "changed" / "journeyman")
        prompts = tmp_path / "changed" / "journeyman" / "agents" / "prompts"
        (coder,) = prompts.glob("coder*")
        coder.write_text(coder.read_text() + "\nBe quick.\n")
        changed = CommandLine(delivered.journeyman.home, {"PYTHONPATH": str(tmp_path / "changed")})
        done = changed("replay", str(delivered.record))
        assert done.code == 1, done.out + done.err
        assert done.out.startswith("round 1, turn 1: the request to scripted:")
        assert "Be quick." in done.out.splitlines()[2]


class TestRunsThatDidNotComplete:
    def test_a_waiting_run_and_the_decisions_of_a_person(self, delivered: Delivered, tmp_path: Path) -> None:
        journeyman = delivered.journeyman
        run_id = run(journeyman, delivered.remote, script(tmp_path), "--approve", "always").json["run_id"]
        waiting = delivered.judge_run(run_id, tmp_path)
        assert (waiting.status, waiting.identical) == ("waiting", True), waiting
        assert journeyman("reject", run_id, "--comment", "name it plus").code == 3
        assert journeyman("approve", run_id).code == 0
        ended = delivered.judge_run(run_id, tmp_path)
        assert (ended.status, ended.identical, ended.log_identical) == ("complete", True, True), ended

    def test_a_killed_run(self, delivered: Delivered, tmp_path: Path) -> None:
        journeyman = delivered.journeyman
        coder = [MEND, call("run_shell_command", command="sleep 60"), says("mended")]
        process, run_id = started(delivered, script(tmp_path, coder=coder))
        wait_for_calls(journeyman, run_id, 1)
        journeyman.kill(process)
        verdict = delivered.judge_run(run_id, tmp_path)
        assert (verdict.status, verdict.identical, verdict.compared["tool calls"]) == ("running", True, 1), verdict
        assert verdict.remarks == ("the record ends here: the run was running in CODE",)

    def test_a_run_that_a_limit_ended_and_the_same_resumed(self, delivered: Delivered, tmp_path: Path) -> None:
        model = script(tmp_path, coder=[call("read_file", path="src/sums.py"), MEND, says("mended")])
        run_id = run(delivered.journeyman, delivered.remote, model, "--max-turns", "2").json["run_id"]
        ended = delivered.judge_run(run_id, tmp_path)
        assert (ended.status, ended.identical) == ("failed", True), ended
        assert delivered.journeyman("resume", run_id, "--max-turns", "10").code == 0
        resumed = delivered.judge_run(run_id, tmp_path)
        assert (resumed.status, resumed.identical, resumed.compared["tool calls"]) == ("complete", True, 2), resumed

    def test_an_escalated_run_without_a_model(self, delivered: Delivered, tmp_path: Path) -> None:
        words = ("--task", "Add it", "--model", "none", "--json", "--validate", "true")
        run_id = delivered.journeyman("run", str(delivered.remote), *words).json["run_id"]
        verdict = delivered.judge_run(run_id, tmp_path)
        assert (verdict.status, verdict.identical) == ("escalated", True), verdict

    def test_a_cancelled_run_and_what_it_was_told(self, delivered: Delivered, tmp_path: Path) -> None:
        journeyman = delivered.journeyman
        wait = call("run_shell_command", command="sleep 5")
        coder = [MEND, wait, call("run_shell_command", command="sleep 60"), says("mended")]
        process, run_id = started(delivered, script(tmp_path, coder=coder))
        wait_for_calls(journeyman, run_id, 1)
        assert journeyman("tell", run_id, "name it plus").code == 0
        wait_for_calls(journeyman, run_id, 2)
        assert journeyman("cancel", run_id).code == 0
        process.communicate(timeout=30)
        verdict = delivered.judge_run(run_id, tmp_path)
        assert (verdict.status, verdict.identical) == ("cancelled", True), verdict
        assert verdict.compared["requests"] == 4
        assert "step write ended from outside, as recorded: cancelled by a person" in verdict.remarks


def look(journeyman: CommandLine, question: str) -> Any:
    """Ask the database straight."""
    path = journeyman.home / "journeyman.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection, suppress(sqlite3.Error):
        return connection.execute(question).fetchone()[0]
    return None


def started(delivered: Delivered, model: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a run in the background and return it with its id."""
    newest = "SELECT run_id FROM runs ORDER BY created_at DESC LIMIT 1"
    before = look(delivered.journeyman, newest)
    process = delivered.journeyman.start("run", str(delivered.remote), *TASK, "--model", model)
    wait_until(lambda: look(delivered.journeyman, newest) != before)
    return process, look(delivered.journeyman, newest)


def wait_for_calls(journeyman: CommandLine, run_id: str, number: int) -> None:
    """Wait until a run has finished so many tool calls."""
    counted = f"SELECT count(*) FROM tool_calls WHERE key LIKE 'code/1/%/0' AND run_id = '{run_id}'"
    wait_until(lambda: look(journeyman, counted) == number)


class TestNothingOfTheOutsideIsNeeded:
    def test_no_provider_no_remote_no_secret(self, journeyman: CommandLine, tmp_path: Path) -> None:
        password = f"correct-{secrets.token_hex(12)}"
        asked = json.loads(request("", "openai:great-1", password))
        asked["task"]["title"] = "Mend the sum"
        with (
            ProviderServer(answer) as server,
            GitOverHttp(tmp_path / "http", login=f"ada:{password}").running() as remote,
        ):
            configured(journeyman, server, tmp_path)
            bare = tmp_path / "http" / "private" / "project.git"
            git(make_repository(tmp_path / "source"), "push", "-qf", str(bare), "main")
            asked["repository"]["remote_url"] = remote.url()
            words = ("run", "--request", "-", "--json", "--mode", "bugfix", "--validate", "python3 -m pytest -q")
            done = journeyman(*words, stdin=json.dumps(asked))
            assert done.code == 0, done.err
        record = exported(journeyman, done.json["run_id"], tmp_path / "run.record")
        journeyman.variables.clear()
        verdict = journeyman("replay", str(record), "--json")
        assert verdict.code == 0, verdict.out + verdict.err
        assert verdict.json["compared"]["requests"] == 5
        content = contents(record, tmp_path / "objects.git")
        assert b"Mend the sum" in content
        for canary in (password, KEY):
            for spelling in spellings(canary):
                assert spelling.encode() not in content

    def test_a_refused_model_is_refused_again(
        self, delivered: Delivered, journeyman: CommandLine, tmp_path: Path
    ) -> None:
        with ProviderServer(lambda asked: Fails(401)) as server:
            configured(journeyman, server, tmp_path)
            done = run(journeyman, delivered.remote, "openai:great-1")
        assert done.code == 1, done.err
        journeyman.variables.clear()
        record = exported(journeyman, done.json["run_id"], tmp_path / "run.record")
        verdict = asyncio.run(replay(record, config=load(journeyman.environment())))
        assert (verdict.identical, verdict.status) == (True, "failed"), verdict

    def test_tools_of_an_mcp_server(self, delivered: Delivered, journeyman: CommandLine, tmp_path: Path) -> None:
        server = Path(__file__).parents[1] / "tools" / "mcp_server.py"
        settings = {"mcp_servers": {"demo": {"command": [sys.executable, str(server)]}}, "mend_first": False}
        (tmp_path / "settings.yaml").write_text(json.dumps(settings))
        journeyman.variables["JOURNEYMAN_CONFIG"] = str(tmp_path / "settings.yaml")
        model = script(tmp_path, coder=[call("demo__add", a=20, b=22), MEND, says("mended")])
        done = run(journeyman, delivered.remote, model)
        assert done.code == 0, done.err
        journeyman.variables.clear()
        record = exported(journeyman, done.json["run_id"], tmp_path / "run.record")
        verdict = asyncio.run(replay(record, config=load(journeyman.environment())))
        assert (verdict.identical, verdict.compared["tool calls"]) == (True, 2), verdict
        assert "tools of MCP servers are answered from the record" in verdict.remarks


def contents(record: Path, repository: Path) -> bytes:
    """Return all that a record holds, unpacked: its parts, and every object of its trees."""
    parts = ZipFile(record)
    git(record.parent, "init", "-q", "--bare", str(repository))
    pack = repository / "objects" / "pack" / "all.pack"
    pack.write_bytes(parts.read("trees.pack"))
    git(repository, "index-pack", str(pack))
    command = ["git", "cat-file", "--batch", "--batch-all-objects"]
    objects = subprocess.run(command, cwd=repository, capture_output=True, check=True).stdout
    return b"".join(parts.read(name) for name in parts.namelist()) + objects


class TestARegressionTest:
    def test_it_passes_and_it_fails_when_the_record_is_altered(self, delivered: Delivered, tmp_path: Path) -> None:
        folder = tmp_path / "regressions"
        done = delivered.journeyman("export", delivered.result["run_id"], "--as-test", str(folder))
        assert done.code == 0, done.err
        (test,) = folder.glob("test_*.py")
        (record,) = folder.glob("*.record")
        assert str(test) in done.out
        assert self.pytest(delivered, folder) == 0

        def lie(line: dict[str, Any]) -> bool:
            if line["key"] == "code/1/0/0":
                line["result"]["content"] += "more"
            return line["key"] == "code/1/0/0"

        shutil.copyfile(tampered(record, tmp_path, "tools.jsonl", lie), record)
        assert self.pytest(delivered, folder) == 1

    @staticmethod
    def pytest(delivered: Delivered, folder: Path) -> int:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
        return subprocess.run(
            command, cwd=folder, env=delivered.journeyman.environment(), capture_output=True
        ).returncode


class TestWhatCannotBeDone:
    def test_a_file_that_is_no_record_is_told_in_one_line(self, journeyman: CommandLine, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"no zip at all")
        for wrong, words in ((path, "no whole record"), (tmp_path / "missing", "No such file")):
            done = journeyman("replay", str(wrong))
            assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1), done.err
            assert words in done.err

    def test_what_cannot_be_exported(self, delivered: Delivered, tmp_path: Path) -> None:
        run_id = delivered.result["run_id"]
        wrong = [
            ("export", run_id),
            ("export", run_id, "-o", "a", "--as-test", "b"),
            ("export", run_id, "-o", str(tmp_path / "no" / "folder")),
            ("export", "no-such-run", "-o", str(tmp_path / "file")),
        ]
        for words in wrong:
            done = delivered.journeyman(*words)
            assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
        assert list(tmp_path.iterdir()) == []


MEASURED = """
import resource, sys
from journeyman.cli.main import run
code = run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_run_of_a_thousand_turns_is_exported_in_little_memory(delivered: Delivered, tmp_path: Path) -> None:
    counts = [call("write_file", path="src/count.txt", content=f"{n}\n") for n in range(1000)]
    model = script(tmp_path, coder=[*counts, MEND, says("mended")])
    words = ("run", str(delivered.remote), *TASK, "--model", model, "--json", "--max-turns", "1100", "--no-push")
    done = delivered.journeyman(*words, timeout=600)
    assert done.code == 0, done.err[-2000:]
    sizes = []
    for number, run_id in enumerate((delivered.result["run_id"], done.json["run_id"])):
        command = [sys.executable, "-c", MEASURED, "export", run_id, "-o", str(tmp_path / f"{number}.record")]
        measured = subprocess.run(
            command, env=delivered.journeyman.environment(), capture_output=True, text=True, check=True
        )
        sizes.append(int(measured.stderr))
    print(f"megabytes at most: {sizes[0]} for 3 turns, {sizes[1]} for 1002")
    assert sizes[1] < sizes[0] + 60
    verdict = delivered.judge(tmp_path / "1.record")
    assert (verdict.identical, verdict.compared["requests"]) == (True, 1005), verdict.difference
