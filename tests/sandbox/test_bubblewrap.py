"""Bubblewrap alone: what is said where it cannot be used, and what limits a sandbox as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.domain.errors import NoSandbox
from journeyman.sandbox import SandboxLimits, SandboxSpec
from journeyman.sandbox.bubblewrap import Bubblewrap

NAMES = ("pids.max", "memory.max", "memory.limit_in_bytes", "cpu.max", "cpu.cfs_quota_us")


async def test_without_bubblewrap_the_advice_is_how_to_get_it(tmp_path: Path, tree: Path) -> None:
    lost = Bubblewrap(tmp_path / "state", search_path=str(tmp_path))
    assert "install bubblewrap" in (lost.missing() or "")
    with pytest.raises(NoSandbox, match="not installed") as caught:
        await lost.open(SandboxSpec(tree))
    assert "apt-get install" in caught.value.advice


async def test_where_namespaces_are_forbidden_the_advice_is_to_allow_them(tmp_path: Path, tree: Path) -> None:
    pretender = tmp_path / "bin/bwrap"
    pretender.parent.mkdir()
    pretender.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit\n'
        "echo 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    pretender.chmod(0o755)
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    forbidden = Bubblewrap(tmp_path / "state", search_path=f"{pretender.parent}:/usr/bin:/bin")
    assert "allow user namespaces" in (forbidden.missing() or "")
    with pytest.raises(NoSandbox, match="No permissions"):
        await forbidden.open(SandboxSpec(tree))


def test_an_old_bubblewrap_is_named(tmp_path: Path) -> None:
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.4.1\n")
    old.chmod(0o755)
    assert "0.4.1 is too old" in (Bubblewrap(tmp_path, search_path=f"{tmp_path}:/usr/bin:/bin").missing() or "")


async def test_the_group_holds_what_the_limits_say(tmp_path: Path, tree: Path) -> None:
    back_end = Bubblewrap(tmp_path / "state", limits=SandboxLimits(memory=300 * 1024**2, processes=77, cpus=0.5))
    if "of each process only" in back_end.describe():
        pytest.skip(f"no control groups for this user: {back_end.describe()}")
    async with await back_end.open(SandboxSpec(tree)) as sandbox:
        files = {file.name: file for folder in sandbox._group.folders for file in folder.iterdir()}
        told = {name: files[name].read_text().strip() for name in NAMES if name in files}
        inside = (await sandbox.run("python3 -c 'import os; print(os.getpid())'")).exit_code
    assert inside == 0
    assert told["pids.max"] == "77"
    assert str(300 * 1024**2) in told.values()
    assert told.get("cpu.cfs_quota_us", "50000") == "50000"
    assert told.get("cpu.max", "50000 100000") == "50000 100000"
    assert {"cpu.cfs_quota_us", "cpu.max"} & told.keys()


def test_what_limits_is_said(tmp_path: Path) -> None:
    said = Bubblewrap(tmp_path).describe()
    assert said.startswith("bubblewrap; memory and processes are limited by ")
    assert any(word in said for word in ("version 2", "version 1", "each process only"))
