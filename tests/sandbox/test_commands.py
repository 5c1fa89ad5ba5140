"""Commands: what they see, how they end, what is kept of their output."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from journeyman.domain.errors import SandboxDied
from journeyman.sandbox import SANDBOX_UID, Sandbox, Sandboxes, SandboxLimits, SandboxSpec

pytestmark = pytest.mark.parametrize("back_end", ["bubblewrap", "docker"], indirect=True)

CALM = 15.0
"""Seconds within which anything here ends, however busy the machine is."""


async def test_a_command_runs_in_the_tree_with_its_own_variables(back_end: Sandboxes, tree: Path) -> None:
    spec = SandboxSpec(tree, variables={"COLOUR": "blue", "SHAPE": "round"}, path=("/env/x/bin",))
    async with await back_end.open(spec) as sandbox:
        result = await sandbox.run(
            'pwd; whoami; echo "$COLOUR $SHAPE $HOME $PATH"; echo to-stderr >&2; exit 7',
            variables={"SHAPE": "square"},
        )
    lines = result.output.splitlines()
    assert lines[0] == "/repo"
    assert lines[1] == "journeyman"
    assert lines[2].startswith("blue square /home/journeyman /env/x/bin:/")
    assert lines[3] == "to-stderr"
    assert result.exit_code == 7
    assert not result.timed_out


async def test_the_shell_is_bash_where_there_is_one(sandbox: Sandbox) -> None:
    if not os.path.exists("/usr/bin/bash"):
        pytest.skip("no bash on this machine")
    assert (await sandbox.run('[[ a == a ]] && echo "${BASH_VERSION:+bash}"')).output == "bash\n"


async def test_standard_input_arrives_and_is_empty_otherwise(sandbox: Sandbox) -> None:
    assert (await sandbox.run("wc -c", stdin=b"x" * 3_000_000)).output.strip() == "3000000"
    assert (await sandbox.run("wc -c")).output.strip() == "0"


async def test_a_very_long_command_runs(sandbox: Sandbox) -> None:
    text = "x" * 400_000
    assert (await sandbox.run(f"cat <<'END' | wc -c\n{text}\nEND")).output.strip() == "400001"


async def test_what_a_command_says_is_heard_while_it_runs(sandbox: Sandbox, tree: Path) -> None:
    """It waits for an answer to what it said."""
    said: list[str] = []

    async def heard(piece: str) -> None:
        said.append(piece)
        if "\n" in "".join(said):
            (tree / "answer").touch()

    command = "echo first; until [ -e answer ]; do sleep 0.05; done; echo second"
    result = await sandbox.run(command, timeout_seconds=CALM, heard=heard)
    assert not result.timed_out
    assert "".join(said) == result.output == "first\nsecond\n"
    assert (await sandbox.run("echo next")).output == "next\n"


async def test_what_is_heard_of_a_flood_is_bounded(back_end: Sandboxes, tree: Path) -> None:
    said: list[str] = []

    async def heard(piece: str) -> None:
        said.append(piece)

    async with await back_end.open(SandboxSpec(tree, limits=SandboxLimits(output=10_000))) as sandbox:
        result = await sandbox.run("head -c 5000000 /dev/zero | tr '\\0' x", heard=heard)
    assert "".join(said) == "x" * 5_000
    assert result.cut_bytes == 5_000_000 - 10_000


async def test_a_signal_gives_a_negative_exit_code(sandbox: Sandbox) -> None:
    assert (await sandbox.run("kill -SEGV $$")).exit_code == -11


async def test_a_broken_pipe_ends_a_command_as_usual(sandbox: Sandbox) -> None:
    result = await sandbox.run("yes | head -1; echo ${PIPESTATUS[0]}")
    assert result.output == "y\n141\n"


async def test_text_that_is_no_text_comes_through(sandbox: Sandbox) -> None:
    assert (await sandbox.run("printf 'a\\377b'")).output == "a\ufffdb"
    assert (await sandbox.run("echo \ud800")).output == "?\n"
    with pytest.raises(OSError, match="null"):
        await sandbox.run("echo a\0b")
    assert (await sandbox.run("echo fine")).output == "fine\n"


async def test_a_large_output_loses_its_middle(back_end: Sandboxes, tree: Path) -> None:
    spec = SandboxSpec(tree, limits=SandboxLimits(output=10_000))
    async with await back_end.open(spec) as sandbox:
        result = await sandbox.run("echo begin; head -c 50000000 /dev/zero | tr '\\0' x; echo end")
    assert result.output.startswith("begin\nxxx")
    assert result.output.endswith("xxxend\n")
    assert result.cut_bytes == 50_000_010 - 10_000
    assert f"[... {result.cut_bytes} bytes cut ...]" in result.output
    assert len(result.output) < 10_100


async def test_a_timeout_ends_everything_that_was_started(sandbox: Sandbox) -> None:
    result = await sandbox.run("echo started; setsid sleep 1000 & trap '' TERM; sleep 1000", timeout_seconds=0.3)
    assert result.timed_out
    assert result.exit_code == -9
    assert result.output == "started\n"
    assert result.seconds < CALM
    assert "sleep" not in (await sandbox.run("cat /proc/[0-9]*/comm")).output


@pytest.mark.parametrize(
    "command",
    [
        "sleep 1000 &",
        "(setsid sleep 1000 &)",
        "nohup sleep 1000 >/dev/null 2>&1 &",
        'python3 -c \'import os\nif os.fork(): os._exit(0)\nos.setsid()\nos.execlp("sleep", "sleep", "1000")\'',
        "exec 1>&- 2>&-; sleep 1000 & exit",
        "sleep 1000 & kill -STOP $!",
    ],
)
async def test_no_child_outlives_its_command(sandbox: Sandbox, command: str) -> None:
    result = await asyncio.wait_for(sandbox.run(command), CALM)
    assert result.exit_code == 0
    assert "sleep" not in (await sandbox.run("cat /proc/[0-9]*/comm")).output


async def test_cancelling_ends_the_command_and_the_next_one_works(sandbox: Sandbox, tree: Path) -> None:
    running = asyncio.ensure_future(sandbox.run("touch started; sleep 1000"))
    while not (tree / "started").exists():
        await asyncio.sleep(0.002)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await asyncio.wait_for(sandbox.run("cat /proc/[0-9]*/comm; echo next"), CALM)).output.endswith("next\n")
    assert (await sandbox.run("echo and again")).output == "and again\n"


async def test_several_at_once_take_turns(sandbox: Sandbox) -> None:
    results = await asyncio.gather(*(sandbox.run(f"echo {number}") for number in range(20)))
    assert [result.output for result in results] == [f"{number}\n" for number in range(20)]


async def test_memory_is_limited_and_said_so(back_end: Sandboxes, tree: Path) -> None:
    spec = SandboxSpec(tree, limits=SandboxLimits(memory=200 * 1024**2))
    async with await back_end.open(spec) as sandbox:
        result = await sandbox.run("python3 -c 'x = bytearray(10**9); print(len(x))'")
        assert "1000000000" not in result.output
        assert result.exit_code != 0
        if "of each process only" not in back_end.describe():
            assert result.out_of_memory
        after = await sandbox.run("echo alive")
    assert after.output == "alive\n"
    assert not after.out_of_memory


async def test_temporary_space_is_limited(back_end: Sandboxes, tree: Path) -> None:
    spec = SandboxSpec(tree, limits=SandboxLimits(temporary_space=5 * 1024**2))
    async with await back_end.open(spec) as sandbox:
        for place in ("/tmp", "/home/journeyman"):
            result = await sandbox.run(
                f"head -c 20000000 /dev/zero > {place}/big; stat -c %s {place}/big; rm {place}/big"
            )
            assert "No space left" in result.output
        for place in ("/new", "/dev/new", "/etc/new"):
            said = (await sandbox.run(f"echo x > {place}")).output
            assert "Read-only" in said or "Permission denied" in said


async def test_a_single_file_is_limited(back_end: Sandboxes, tree: Path) -> None:
    spec = SandboxSpec(tree, limits=SandboxLimits(file_size=1024**2))
    async with await back_end.open(spec) as sandbox:
        result = await sandbox.run("truncate -s 10G sparse; echo $?; head -c 2000000 /dev/zero > big; stat -c %s big")
        with pytest.raises(OSError, match="large"):
            await sandbox.write_file("own", b"x" * 2_000_000)
    assert "1048576" in result.output
    assert not (tree / "sparse").exists() or (tree / "sparse").stat().st_size == 0


async def test_a_fork_bomb_is_held_and_swept_away(back_end: Sandboxes, tree: Path) -> None:
    spec = SandboxSpec(tree, limits=SandboxLimits(processes=60))
    async with await back_end.open(spec) as sandbox:
        result = await sandbox.run(":(){ :|:& };: ; sleep 1000", timeout_seconds=0.5)
        assert result.timed_out
        assert result.seconds < CALM
        assert (await sandbox.run("echo alive")).output == "alive\n"


async def test_the_end_of_the_server_is_told(sandbox: Sandbox, back_end: Sandboxes, tree: Path) -> None:
    opened = await back_end.open(SandboxSpec(tree))
    running = asyncio.ensure_future(opened.run("sleep 1000"))
    await asyncio.sleep(0.02)
    opened.kill()
    with pytest.raises(SandboxDied, match="killed"):
        await asyncio.wait_for(running, CALM)
    with pytest.raises(SandboxDied, match="closed"):
        await opened.run("true")
    assert (await sandbox.run("echo other one lives")).exit_code == 0


async def test_closing_ends_it_and_may_be_done_twice(back_end: Sandboxes, tree: Path) -> None:
    opened = await back_end.open(SandboxSpec(tree))
    await opened.close()
    await opened.close()
    assert opened._body.wait(0)
    assert not any(folder.exists() for folder in opened._group.folders)


async def test_as_root_the_tree_is_handed_to_an_ordinary_user(back_end: Sandboxes, tree: Path) -> None:
    (tree / "folder").mkdir()
    (tree / "folder/old").write_text("old")
    (tree / "link").symlink_to("/etc/passwd")
    before = os.stat("/etc/passwd").st_uid
    async with await back_end.open(SandboxSpec(tree)) as sandbox:
        assert (await sandbox.run("echo new > folder/old; echo x > made")).exit_code == 0
    expected = SANDBOX_UID if os.geteuid() == 0 else os.geteuid()
    assert (tree / "made").stat().st_uid == expected
    assert (tree / "folder/old").read_text() == "new\n"
    assert os.stat("/etc/passwd").st_uid == before


async def test_eight_at_once_do_not_see_each_other(back_end: Sandboxes, tmp_path: Path) -> None:
    async def one(number: int) -> str:
        tree = tmp_path / f"tree{number}"
        tree.mkdir()
        async with await back_end.open(SandboxSpec(tree)) as sandbox:
            await sandbox.run(f"echo {number} > here; echo {number} > /tmp/mine")
            return (await sandbox.run("cat here /tmp/mine; ls | wc -l; cat /proc/[0-9]*/comm | wc -l")).output

    outputs = await asyncio.gather(*(one(number) for number in range(8)))
    assert [output.split()[:3] for output in outputs] == [[str(n), str(n), "1"] for n in range(8)]
    assert all(int(output.split()[3]) <= 6 for output in outputs)
