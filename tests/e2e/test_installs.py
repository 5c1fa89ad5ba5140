"""What needs the network of installs: a missing dependency, declared, locked, installed and proved, and replayed."""

from __future__ import annotations

import json
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


NODE = {
    "package.json": '{\n  "name": "demo",\n  "version": "1.0.0",\n  "scripts": {"test": "node --test"}\n}\n',
    "package-lock.json": '{"name": "demo", "version": "1.0.0", "lockfileVersion": 3, "requires": true,'
    ' "packages": {"": {"name": "demo", "version": "1.0.0"}}}\n',
    "pad.js": "const pad = require('left-pad');\n\nmodule.exports = (text) => pad(text, 3);\n",
    "pad.test.js": "const test = require('node:test');\nconst assert = require('node:assert');\n"
    "const pad = require('./pad');\ntest('pads', () => assert.strictEqual(pad('a'), '  a'));\n",
}


@pytest.mark.long
def test_a_missing_package_of_node_is_declared_and_locked(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", NODE)
    done = journeyman("fix", str(checkout), "--json", timeout=350)
    assert done.code == 0, done.err + done.out
    assert done.json["written"] == ["package-lock.json", "package.json"]
    assert json.loads((checkout / "package.json").read_text())["dependencies"] == {"left-pad": "^1.3.0"}
    assert "node_modules/left-pad" in json.loads((checkout / "package-lock.json").read_text())["packages"]


@pytest.mark.long
def test_a_missing_dependency_is_added_to_requirements(journeyman: CommandLine, tmp_path: Path) -> None:
    files = {**FILES, "requirements.txt": "pytest==8.3.4\nsix==1.16.0\n"}
    del files["pyproject.toml"]
    checkout = make_repository(tmp_path / "checkout", files)
    done = journeyman("fix", str(checkout), "--json", timeout=350)
    assert done.code == 0, done.err + done.out
    assert done.json["written"] == ["requirements.txt"]
    assert "PyYAML==" in (checkout / "requirements.txt").read_text()


SNAPSHOTS = {
    "requirements-dev.txt": "pytest==8.3.4\nsyrupy==4.9.1\n",
    "page.py": "def page(name):\n    return f'Hello, {name}!'\n",
    "tests/test_page.py": "from page import page\n\n\ndef test_page(snapshot):\n    assert page('Ann') == snapshot\n",
    "tests/__snapshots__/test_page.ambr": "# serializer version: 1\n# name: test_page\n  'Hello Ann!'\n# ---\n",
}


@pytest.mark.long
def test_snapshots_of_syrupy_are_made_anew_where_a_person_allows_it(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", SNAPSHOTS)
    kept, told = checkout / "tests/__snapshots__/test_page.ambr", "snapshots anew with --allow-oracle-changes"
    refused = journeyman("fix", str(checkout), "--time-limit", "20", timeout=350)
    assert (refused.code, kept.read_text()) == (1, SNAPSHOTS["tests/__snapshots__/test_page.ambr"])
    assert told in refused.out
    assert journeyman("fix", str(checkout), "--allow-oracle-changes", timeout=350).code == 0
    assert kept.read_text() == SNAPSHOTS["tests/__snapshots__/test_page.ambr"].replace("Hello ", "Hello, ")
