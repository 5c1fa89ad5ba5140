"""Runs are exported and replayed: real commands, a home and a sandbox of their own, no model and no network."""

from __future__ import annotations

import json
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
from tests.e2e.project import FIXED_SUM, CommandLine, Done, git, make_remote, wait_until
from tests.e2e.scripts import MEND, call, says, script

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


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    folder = tmp_path_factory.mktemp("delivered")
    journeyman, remote = CommandLine(folder / "home"), make_remote(folder / "origin")
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
        assert done.out.splitlines()[1] == "  compared  2 commands, 6 requests, 10 steps, 2 tool calls, 3 trees"
        assert git(remote, "for-each-ref") == before
        verdict = delivered.replay("--json").json
        assert verdict["commit"] == delivered.result["commit_hash"]
        assert "date" in LOOK["calls"][0]["arguments"]["command"]
        assert [(h["place"], h["recorded"] == h["now"]) for h in verdict["hidden"] if "UTC" in h["now"]] == [
            ("round 1, turn 1, call 1, run_shell_command", False)
        ]

    def test_without_a_model_command_by_command(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
        done = run(journeyman, remote, "none")
        record = exported(journeyman, done.json["run_id"], tmp_path / "run.record")
        verdict = journeyman("replay", str(record), "--json")
        assert verdict.code == 0, verdict.out + verdict.err
        assert verdict.json["compared"]["commands"] > 5
        assert verdict.json["compared"]["trees"] >= 2
        assert verdict.json["log_identical"]
        assert git(remote, "show", f"{done.json['branch_name']}:src/sums.py") == FIXED_SUM.strip()

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

        done = delivered.replay("--json", record=tampered(delivered.record, tmp_path, "tools.jsonl", lie))
        assert done.code == 1
        found = done.json["difference"]
        assert found["place"] == "round 1, turn 2, call 1, edit_file"
        assert found["what"] == "the tree differs in src/sums.py"
        assert found["recorded"] == base
        assert not done.json["identical"]

    def test_a_command_of_a_check(self, delivered: Delivered, tmp_path: Path) -> None:
        def lie(line: dict[str, Any]) -> bool:
            if line["step"] == "check/1":
                line["result"] = line["result"].replace('"status":"passed"', '"status":"skipped"')
            return line["step"] == "check/1"

        done = delivered.replay(record=tampered(delivered.record, tmp_path, "commands.jsonl", lie))
        assert done.code == 1
        assert done.out.startswith("step check, round 1, command 1, `python3 -m pytest -q`: the result differs\n")

    def test_a_request(self, delivered: Delivered, tmp_path: Path) -> None:
        def lie(line: dict[str, Any]) -> bool:
            if line["key"] == "code/1/0":
                line["middle"] = line["middle"].replace("must be 5", "must be 6", 1)
            return line["key"] == "code/1/0"

        done = delivered.replay(record=tampered(delivered.record, tmp_path, "exchanges.jsonl", lie))
        assert done.code == 1
        assert done.out.startswith("round 1, turn 1: the request to scripted:")
        assert "must be 6" in done.out.splitlines()[1]

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
    def test_a_waiting_run_and_the_decision_of_a_person(
        self, journeyman: CommandLine, remote: Path, tmp_path: Path
    ) -> None:
        run_id = run(journeyman, remote, script(tmp_path), "--approve", "always").json["run_id"]
        waiting = journeyman("replay", str(exported(journeyman, run_id, tmp_path / "waiting.record")), "--json")
        assert (waiting.code, waiting.json["status"], waiting.json["identical"]) == (0, "waiting", True), waiting.out
        script(tmp_path, coder=[MEND, says("mended")])
        assert journeyman("reject", run_id, "--comment", "name it plus").code == 3
        assert journeyman("approve", run_id).code == 0
        ended = journeyman("replay", str(exported(journeyman, run_id, tmp_path / "ended.record")), "--json")
        assert (ended.code, ended.json["status"], ended.json["log_identical"]) == (0, "complete", True), ended.out

    def test_a_killed_run(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
        coder = [MEND, call("run_shell_command", command="sleep 60"), says("mended")]
        process = journeyman.start("run", str(remote), *TASK, "--model", script(tmp_path, coder=coder))
        wait_until(lambda: tool_calls(journeyman) == 1)
        journeyman.kill(process)
        (shown,) = journeyman("tasks", "--json").json["tasks"]
        record = exported(journeyman, shown["run_id"], tmp_path / "killed.record")
        done = journeyman("replay", str(record), "--json")
        assert done.code == 0, done.out + done.err
        assert (done.json["compared"]["tool calls"], done.json["status"]) == (1, "running")
        assert done.json["remarks"] == ["the record ends here: the run was running in CODE"]

    def test_a_run_that_a_limit_ended_and_the_same_resumed(
        self, journeyman: CommandLine, remote: Path, tmp_path: Path
    ) -> None:
        model = script(tmp_path, coder=[call("read_file", path="src/sums.py"), MEND, says("mended")])
        done = run(journeyman, remote, model, "--max-turns", "2")
        assert done.code == 4
        run_id = done.json["run_id"]
        ended = journeyman("replay", str(exported(journeyman, run_id, tmp_path / "ended.record")), "--json")
        assert (ended.code, ended.json["status"], ended.json["identical"]) == (0, "failed", True), ended.out
        assert journeyman("resume", run_id, "--max-turns", "10").code == 0
        done = journeyman("replay", str(exported(journeyman, run_id, tmp_path / "resumed.record")), "--json")
        assert (done.code, done.json["status"], done.json["compared"]["tool calls"]) == (0, "complete", 2), done.out

    def test_an_escalated_run_without_a_model(self, journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
        done = journeyman("run", str(remote), "--task", "Add it", "--model", "none", "--json", "--validate", "true")
        record = exported(journeyman, done.json["run_id"], tmp_path / "run.record")
        verdict = journeyman("replay", str(record), "--json")
        assert (verdict.code, verdict.json["status"]) == (0, "escalated"), verdict.out + verdict.err


def tool_calls(journeyman: CommandLine) -> int:
    path = journeyman.home / "journeyman.sqlite"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection, suppress(sqlite3.Error):
        return connection.execute("SELECT count(*) FROM tool_calls WHERE key LIKE 'code/1/%/0'").fetchone()[0]
    return 0


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


class TestFilesThatAreNoRecord:
    def refused(self, journeyman: CommandLine, path: Path, *words: str) -> None:
        done = journeyman("replay", str(path))
        assert (done.code, done.out) == (2, ""), done.err
        assert len(done.err.splitlines()) == 1
        for word in words:
            assert word in done.err

    def test_each_is_told_in_one_line(self, delivered: Delivered, tmp_path: Path) -> None:
        journeyman, content = delivered.journeyman, delivered.record.read_bytes()
        self.refused(journeyman, tmp_path / "missing", "No such file")
        path = tmp_path / "file"
        for wrong in (b"", b"no zip at all", content[: len(content) // 2], content[:-30]):
            path.write_bytes(wrong)
            self.refused(journeyman, path, "no whole record")
        with ZipFile(path, "w") as archive:
            archive.writestr("letter.txt", "dear Ada")
        self.refused(journeyman, path, "no record of a run")
        self.refused(journeyman, self.newer(delivered.record, path), "format 2", "update Journeyman")

    def test_a_damaged_byte(self, delivered: Delivered, tmp_path: Path) -> None:
        path, content = tmp_path / "file", bytearray(delivered.record.read_bytes())
        place = content.index(b"tools.jsonl") + 40
        content[place : place + 8] = bytes(8)
        path.write_bytes(content)
        self.refused(delivered.journeyman, path)

    def newer(self, record: Path, path: Path) -> Path:
        with ZipFile(record) as source, ZipFile(path, "w") as target:
            target.writestr("manifest.json", source.read("manifest.json").replace(b'"version": 1', b'"version": 2'))
        return path

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
