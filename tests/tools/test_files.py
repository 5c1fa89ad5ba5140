"""The tools for files, in a real sandbox."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from journeyman.tools import ToolSet
from tests.tools.calling import granted, refused

LINES_SHOWN = 800


async def test_read_write_edit_list(box: ToolSet, tree: Path) -> None:
    read = await granted(box, "read_file", path="src/sums.py", start_line=1, end_line=2)
    assert read == "     1\tdef add(a, b):\n     2\t    return a - b\n[lines 3 to 6 are not shown]"

    edited = await granted(
        box, "edit_file", path="src/sums.py", old="(a, b):\n    return a - b\n\n", new="(a, b): …\n"
    )
    assert edited == "edited src/sums.py at line 1"
    assert (tree / "src/sums.py").read_text().startswith("def add(a, b): …\n\ndef sub")

    assert (
        await granted(box, "write_file", path="new/deep/a.txt", content="1\n2\n") == "wrote new/deep/a.txt, 2 lines"
    )
    assert (tree / "new/deep/a.txt").read_text() == "1\n2\n"
    assert await granted(box, "list_directory", path=".") == "README.md  7\nnew/\nsrc/"
    (tree / "empty").mkdir()
    assert await granted(box, "list_directory", path="empty") == "(empty)"


async def test_a_long_file_is_shown_in_parts(box: ToolSet, tree: Path) -> None:
    (tree / "long.txt").write_text("".join(f"line {number}\n" for number in range(1, 1001)))
    first = await granted(box, "read_file", path="long.txt")
    assert first.endswith(f"   800\tline 800\n[lines {LINES_SHOWN + 1} to 1000 are not shown]")
    rest = await granted(box, "read_file", path="long.txt", start_line=801)
    assert rest.startswith("   801\tline 801\n")
    assert rest.endswith("  1000\tline 1000")
    assert await granted(box, "read_file", path="long.txt", start_line=2000) == "long.txt has 1000 lines"


async def test_line_numbers_are_those_of_grep_and_compilers(box: ToolSet, tree: Path) -> None:
    (tree / "odd.py").write_text("a\fb\u2028c\nsecond\n")
    assert (await granted(box, "read_file", path="odd.py")).splitlines()[-1] == "     2\tsecond"
    assert await granted(box, "search_code", query="second") == "odd.py:2:second"


async def test_a_file_with_carriage_returns_is_edited_and_keeps_them(box: ToolSet, tree: Path) -> None:
    await granted(box, "write_file", path="dos.txt", content="one\r\ntwo\r\nthree\r\n")
    await granted(box, "edit_file", path="dos.txt", old="one\ntwo\n", new="1\n2\n")
    await granted(box, "edit_file", path="dos.txt", old="three", new="3\n4")
    assert (tree / "dos.txt").read_bytes() == b"1\r\n2\r\n3\r\n4\r\n"
    assert await granted(box, "read_file", path="dos.txt", start_line=3) == "     3\t3\n     4\t4"


async def test_an_edit_must_name_one_place(box: ToolSet, tree: Path) -> None:
    before = (tree / "src/sums.py").read_text()
    twice = await refused(box, "edit_file", path="src/sums.py", old="    return a - b\n", new="x")
    assert twice == "the old text stands 2 times in src/sums.py: give more of the lines around it"
    missing = await refused(box, "edit_file", path="src/sums.py", old="def add(a, c):\n    pass", new="x")
    assert missing == "the old text does not stand in src/sums.py; line 1 is similar: def add(a, b):"
    nothing = await refused(box, "edit_file", path="src/sums.py", old="", new="x")
    assert nothing == "the old text is empty: give the text to replace, or use write_file"
    assert (tree / "src/sums.py").read_text() == before


async def test_faults_are_told_in_words(box: ToolSet, tree: Path) -> None:
    (tree / "picture.png").write_bytes(b"\x89PNG\xff\x00")
    (tree / "huge.txt").write_bytes(b"x" * (2 * 1024**2 + 1))
    assert await refused(box, "read_file", path="gone.py") == "gone.py: No such file or directory"
    assert await refused(box, "edit_file", path="gone.py", old="a", new="b") == "gone.py: No such file or directory"
    assert await refused(box, "read_file", path="src") == "src: Is a directory"
    assert await refused(box, "write_file", path="src", content="") == "src: Is a directory"
    assert await refused(box, "list_directory", path="README.md") == "README.md: Not a directory"
    assert await refused(box, "write_file", path="README.md/a", content="") != ""
    assert await refused(box, "read_file", path="picture.png") == "picture.png is not UTF-8 text"
    assert "larger than 2 MiB" in await refused(box, "read_file", path="huge.txt")
    assert (await refused(box, "read_file", path="x" * 300)).endswith("File name too long")
    assert "nul" in (await refused(box, "read_file", path="a\0b")).lower()
    assert "nul" in (await refused(box, "write_file", path="a\0b", content="")).lower()


@pytest.mark.parametrize("path", ["../secret.txt", "out/secret.txt", "link.txt"])
async def test_nothing_outside_the_tree_is_reached(box: ToolSet, tree: Path, path: str) -> None:
    secret = tree.parent / "secret.txt"
    secret.write_text("secret")
    (tree / "out").symlink_to(tree.parent)
    (tree / "link.txt").symlink_to(secret)
    await refused(box, "read_file", path=path)
    assert secret.read_text() == "secret"


async def test_a_system_file_of_the_host_is_out_of_reach(box: ToolSet, tree: Path) -> None:
    os.symlink("/etc/shadow", tree / "shadow")
    await refused(box, "read_file", path="shadow")
    await refused(box, "write_file", path="/etc/motd", content="x")
    await refused(box, "write_file", path="../usr/bin/x", content="x")
