"""A private remote, a secret in the request, and a coder who looks for it everywhere."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path

from tests.e2e.project import CommandLine, git
from tests.e2e.scripts import call, says, script
from tests.git.servers import GitOverHttp

NOSY = "env; cat /proc/*/environ /proc/*/cmdline; cat .git/config ~/.gitconfig; git remote -v; ls -la / ~ /tmp; true"
ADD = call("write_file", path="added.txt", content="added\n")


def request(url: str, model: str, secret: str) -> str:
    credentials = {"credential_type": "username_password", "username": "ada", "password": secret}
    return json.dumps(
        {
            "agent": {"model": model},
            "repository": {"remote_url": url, "branch": "main", "credentials": credentials},
            "task": {"description": f"Add a file. By mistake the password {secret} stands here."},
        }
    )


def test_a_secret_reaches_the_remote_and_nothing_else(journeyman: CommandLine, tmp_path: Path) -> None:
    secret = f"correct-{secrets.token_hex(12)}"
    model = script(tmp_path, coder=[call("run_shell_command", command=NOSY), ADD, says("added")])
    with GitOverHttp(tmp_path / "http", login=f"ada:{secret}").running() as server:
        server.watch = (secret.encode(),)
        words = ("run", "--request", "-", "--json", "--validate", "true")
        done = journeyman(*words, stdin=request(server.url(), model, secret))
        assert done.code == 0, done.err
        assert server.seen == []
        bare = tmp_path / "http" / "private" / "project.git"
        assert git(bare, "show", f"{done.json['branch_name']}:added.txt") == "added"
        assert secret not in git(bare, "log", "--all", "--format=%B")
    told = journeyman("logs", done.json["run_id"], "--json").out + done.out + done.err
    assert secret not in told
    files = [path for path in journeyman.home.rglob("*") if path.is_file()]
    assert [path for path in files if secret.encode() in path.read_bytes()] == []


def test_a_wrong_password_is_told_in_one_line(journeyman: CommandLine, tmp_path: Path) -> None:
    with GitOverHttp(tmp_path / "http", login="ada:right").running() as server:
        done = journeyman("run", "--request", "-", stdin=request(server.url(), "none", "wrong-password"))
    assert done.code == 2
    assert len(done.err.strip().splitlines()) == 1
    assert "credentials" in done.err
    assert "wrong-password" not in done.err


def test_tools_of_an_mcp_server_are_used(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    server = Path(__file__).parents[1] / "tools" / "mcp_server.py"
    settings = {"mcp_servers": {"demo": {"command": [sys.executable, str(server)]}}}
    (tmp_path / "settings.yaml").write_text(json.dumps(settings))
    journeyman.variables["JOURNEYMAN_CONFIG"] = str(tmp_path / "settings.yaml")
    done_when = {**says("added"), "expect": "added.txt"}
    model = script(tmp_path, coder=[call("demo__add", a=20, b=22), {**ADD, "expect": "42"}, done_when])
    done = journeyman("run", str(remote), "--task", "Add a file", "--model", model, "--json", "--validate", "true")
    assert done.code == 0, done.err
    assert "demo__add" in journeyman("logs", done.json["run_id"]).out
