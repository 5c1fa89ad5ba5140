"""What needs the network of installs: a missing dependency, declared, locked, installed and proved, and replayed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.e2e.project import CommandLine, git, make_repository

pytestmark = pytest.mark.timeout(400)

PROJECT = """\
[project]
name = "reader"
version = "1.0"
requires-python = ">=3.11"
dependencies = [
    "six==1.16.0",  # as the servers have it
]

[dependency-groups]
dev = ["pytest>=8"]

[tool.uv]
package = false
"""
FILES = {
    "pyproject.toml": PROJECT,
    "reader.py": "import yaml\n\n\ndef read(text):\n    return yaml.safe_load(text)\n",
    "tests/test_reader.py": "from reader import read\n\n\ndef test_read():\n    assert read('a: 1') == {'a': 1}\n",
}


def locked(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """Return the files of a project with what uv locks for them."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(files["pyproject.toml"])
    uv = shutil.which("uv", path=f"{sys.prefix}/bin") or "uv"
    subprocess.run([uv, "lock", "-q"], cwd=folder, check=True)
    return {**files, "uv.lock": (folder / "uv.lock").read_text()}


def versions(lock: str) -> dict[str, str]:
    return {package["name"]: package["version"] for package in tomllib.loads(lock)["package"]}


def test_a_missing_dependency_is_declared_locked_installed_and_replayed(
    journeyman: CommandLine, tmp_path: Path
) -> None:
    files = locked(tmp_path / "locking", FILES)
    local = make_repository(tmp_path / "local", files)
    task = ("--task", "Make the failing checks pass", "--mode", "bugfix", "--model", "none", "--json")
    done = journeyman("run", str(local), *task, timeout=350)
    assert done.code == 0, done.err + done.out
    branch = done.json["branch_name"]
    assert git(local, "diff", "--name-only", f"main..{branch}").splitlines() == ["pyproject.toml", "uv.lock"]
    project = git(local, "show", f"{branch}:pyproject.toml")
    assert '    "six==1.16.0",  # as the servers have it\n    "PyYAML==' in project
    before, after = versions(files["uv.lock"]), versions(git(local, "show", f"{branch}:uv.lock"))
    assert {name: version for name, version in after.items() if name in before} == before
    assert set(after) - set(before) == {"pyyaml"}
    record = tmp_path / "run.record"
    assert journeyman("export", str(done.json["run_id"]), "-o", str(record)).code == 0
    played = journeyman("replay", str(record), timeout=200)
    assert played.code == 0, played.out + played.err
    assert "identical" in played.out


def test_a_lock_that_is_behind_is_locked_again_and_keeps_its_pins(journeyman: CommandLine, tmp_path: Path) -> None:
    old = {**FILES, "reader.py": "def read(text):\n    return {'a': 1}\n"}
    files = locked(tmp_path / "locking", old)
    files["pyproject.toml"] = PROJECT.replace('    "six', '    "iniconfig",\n    "six')
    files[".journeyman.yaml"] = "checks:\n  lock: uv lock --check\n"
    local = make_repository(tmp_path / "local", files)
    done = journeyman("fix", str(local), "--apply", "--json", timeout=350)
    assert done.code == 0, done.err + done.out
    before, after = versions(files["uv.lock"]), versions((local / "uv.lock").read_text())
    assert {name: after[name] for name in before} == before
    assert git(local, "diff", "--name-only").splitlines() == ["uv.lock"]
    said = (local / "uv.lock").read_text()
    assert journeyman("fix", str(local), "--apply", "--json", timeout=350).code == 0
    assert (local / "uv.lock").read_text() == said
