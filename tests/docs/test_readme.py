"""The commands and settings that the README shows are tried."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

from journeyman.config import parse_settings
from journeyman.gates import read_repository_settings
from tests.e2e.project import CommandLine, make_repository

README = (Path(__file__).parents[2] / "README.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)


def test_the_commands_work_as_shown(tmp_path: Path) -> None:
    journeyman = CommandLine(tmp_path / "home")
    here = make_repository(tmp_path / "project")
    (console,) = blocks("console")
    run_id = ""
    for line in console.splitlines():
        words = shlex.split(line.removeprefix("$ journeyman ").replace("RUN", run_id))
        done = journeyman(*words, cwd=here)
        assert done.code == 0, (line, done.err)
        if words[0] == "run":
            run_id = journeyman("tasks", "--json").json["tasks"][0]["run_id"]


def test_the_python_call_works_as_shown(tmp_path: Path) -> None:
    journeyman = CommandLine(tmp_path / "home")
    (program,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=make_repository(tmp_path / "project"),
        env=journeyman.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("complete fix/")


def test_the_settings_are_read_as_shown() -> None:
    settings, repository = blocks("yaml")
    parsed = parse_settings(settings, {})
    assert set(yaml.safe_load(settings)) <= set(parsed.__struct_fields__)
    assert parsed.mcp_servers["tickets"].command == ("tickets-mcp", "--read-only")
    assert read_repository_settings(repository).protected == ("deploy/**",)


def test_every_linked_file_is_there() -> None:
    root = Path(__file__).parents[2]
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert [link for link in links if not (root / link).exists()] == []
