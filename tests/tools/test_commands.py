"""The shell and the search, in a real sandbox."""

from __future__ import annotations

from pathlib import Path

from journeyman.tools import ToolSet
from tests.tools.calling import granted, refused


async def test_a_command_gives_its_output_and_its_end(box: ToolSet, tree: Path) -> None:
    assert await granted(box, "run_shell_command", command="echo hello") == "hello\n\n[exit code 0]"
    assert await granted(box, "run_shell_command", command="exit 3") == "[exit code 3]"
    assert await granted(box, "run_shell_command", command="echo a >&2; false") == "a\n\n[exit code 1]"
    await granted(box, "run_shell_command", command="pwd; echo made > made.txt")
    assert (tree / "made.txt").read_text() == "made\n"


async def test_a_command_that_takes_too_long_is_ended(box: ToolSet) -> None:
    said = await granted(box, "run_shell_command", command="echo begun; sleep 60", timeout_seconds=1)
    assert said == "begun\n\n[ended after 1 seconds without finishing]"


async def test_long_output_loses_its_middle(box: ToolSet) -> None:
    said = await granted(box, "run_shell_command", command="echo FIRST; seq 100000; echo LAST")
    assert said.startswith("FIRST\n1\n")
    assert said.endswith("LAST\n\n[exit code 0]")
    assert "cut from the middle" in said
    assert len(said) < 17_000


async def test_the_policy_is_asked_first(box: ToolSet, tree: Path) -> None:
    said = await refused(box, "run_shell_command", command="touch made; git push --force")
    assert said == "the command was not run: the policy refuses it by the rule no-push"
    assert not (tree / "made").exists()


async def test_a_very_long_command_runs(box: ToolSet, tree: Path) -> None:
    await granted(box, "run_shell_command", command=f"cat > long.txt <<E\n{'x' * 200_000}\nE")
    assert (tree / "long.txt").stat().st_size == 200_001


async def test_a_nul_is_refused_in_words(box: ToolSet) -> None:
    assert "null byte" in await refused(box, "run_shell_command", command="echo a\0b")
    assert "null byte" in await refused(box, "search_code", query="a\0b")


async def test_search(box: ToolSet, tree: Path) -> None:
    assert await granted(box, "search_code", query=r"def \w+\(a") == (
        "src/sums.py:1:def add(a, b):\nsrc/sums.py:5:def sub(a, b):"
    )
    assert await granted(box, "search_code", query="add(a") == "src/sums.py:1:def add(a, b):"
    assert await granted(box, "search_code", query="nowhere at all") == "no line matches"
    assert await granted(box, "search_code", query="-rf '; touch made; '") == "no line matches"
    assert not (tree / "made").exists()


async def test_search_leaves_out_binaries_and_the_rest_of_many_lines(box: ToolSet, tree: Path) -> None:
    (tree / "blob").write_bytes(b"needle\0needle")
    (tree / "node_modules").mkdir()
    (tree / "node_modules" / "a.js").write_text("needle\n")
    (tree / "many.txt").write_text("".join(f"needle {number} {'x' * 500}\n" for number in range(150)))
    lines = (await granted(box, "search_code", query="needle")).splitlines()
    assert len(lines) == 101
    assert all(line.startswith("many.txt:") and len(line) == 300 for line in lines[:100])
    assert lines[-1] == "[50 more lines]"
