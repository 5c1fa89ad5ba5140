"""How much a command may add to the work tree: bytes and entries, noticed while it runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from journeyman.sandbox import Mount, Sandboxes, SandboxLimits, SandboxSpec
from journeyman.sandbox.inside import Growth, usage

pytestmark = pytest.mark.parametrize("back_end", ["bubblewrap", "docker"], indirect=True)

MEGABYTE = 1024**2
BOUND = SandboxLimits(growth=40 * MEGABYTE, entries=3000)
FILL = "for n in $(seq 400); do head -c 5000000 /dev/zero > {where}/fill$n; sleep 0.02; done; echo filled"


def size_of(tree: Path) -> int:
    return sum(file.lstat().st_blocks * 512 for file in tree.rglob("*"))


async def test_a_command_that_fills_the_tree_is_ended(back_end: Sandboxes, tree: Path) -> None:
    async with await back_end.open(SandboxSpec(tree, limits=BOUND)) as sandbox:
        result = await sandbox.run(FILL.format(where="."), timeout_seconds=60)
        assert result.out_of_space
        assert not result.timed_out
        assert "filled" not in result.output
        assert "[ended: commands may add at most 40 MB and 3000 entries" in result.output
        assert size_of(tree) < 400 * MEGABYTE
        later = await sandbox.run("(head -c 5000000 /dev/zero > more) 2>/dev/null; wc -c < more; rm fill*; echo tidy")
        assert later.output.endswith("\n0\ntidy\n")
        again = await sandbox.run("sleep 0.2; echo x > small && cat small")
        assert (again.output, again.out_of_space) == ("x\n", False)


async def test_many_short_commands_do_not_get_round_it(back_end: Sandboxes, tree: Path) -> None:
    async with await back_end.open(SandboxSpec(tree, limits=BOUND)) as sandbox:
        for number in range(60):
            await sandbox.run(f"head -c 5000000 /dev/zero > part{number}")
    assert size_of(tree) < 150 * MEGABYTE


async def test_a_command_that_makes_countless_files_is_ended(back_end: Sandboxes, tree: Path) -> None:
    code = (
        "import os, time\nfor n in range(200000):\n    os.mkdir(str(n))\n"
        "    if n % 500 == 0: time.sleep(.05)\nprint('made')"
    )
    async with await back_end.open(SandboxSpec(tree, limits=BOUND)) as sandbox:
        for where in (".", "/tmp"):
            result = await sandbox.run(f"mkdir {where}/in; cd {where}/in; python3 -I -", stdin=code.encode())
            assert "made" not in result.output
            assert result.out_of_space or "No space left" in result.output


async def test_what_was_there_before_is_not_counted(back_end: Sandboxes, tree: Path) -> None:
    for number in range(100):
        (tree / f"old{number}").write_bytes(b"x" * MEGABYTE)
    async with await back_end.open(SandboxSpec(tree, limits=BOUND)) as sandbox:
        result = await sandbox.run("sleep 0.3; head -c 5000000 /dev/zero > new; sleep 0.3; echo fine")
    assert (result.output, result.out_of_space) == ("fine\n", False)


async def test_other_writable_folders_count(back_end: Sandboxes, tree: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    spec = SandboxSpec(tree, (Mount(other, "/env/other", writable=True),), limits=BOUND)
    async with await back_end.open(spec) as sandbox:
        result = await sandbox.run(FILL.format(where="/env/other"), timeout_seconds=60)
    assert result.out_of_space


async def test_a_closed_folder_hides_nothing(back_end: Sandboxes, tree: Path) -> None:
    async with await back_end.open(SandboxSpec(tree, limits=BOUND)) as sandbox:
        result = await sandbox.run(
            "sleep 0.2; mkdir -p closed/inner; (cd closed/inner; chmod 0 ..; " + FILL.format(where=".") + ")",
            timeout_seconds=60,
        )
        mode = await sandbox.run("stat -c %a closed")
    assert result.out_of_space
    assert mode.output == "0\n"


def test_hard_links_are_counted_once_and_mounts_not_at_all(back_end: Sandboxes, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"x" * MEGABYTE)
    for number in range(5):
        os.link(tmp_path / "one", tmp_path / f"link{number}")
    size, entries = usage(os.fsencode(tmp_path))
    assert MEGABYTE <= size < 2 * MEGABYTE
    assert entries >= 6


def test_nothing_is_counted_while_little_is_written(back_end: Sandboxes, tmp_path: Path) -> None:
    growth = Growth(b"1000000000 1000 " + os.fsencode(tmp_path))
    growth.begin()
    assert growth.most is None
    assert not growth.exceeded()
    assert growth.most is not None
