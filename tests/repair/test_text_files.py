"""Line ends, blanks, marks and modes: only what is complained of changes, by each tool's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import TextFiles

from .shell import Folder


def check(command: str) -> Check:
    return Check("text", command, CheckKind.LINT)


CASES = {
    "git's trailing blanks": (
        "a.txt",
        "one \ntwo\n",
        r"""grep -nq ' $' a.txt && { echo 'a.txt:1: trailing whitespace.'; exit 2; } || true""",
        "one\ntwo\n",
    ),
    "only the named line": (
        "a.txt",
        "one \ntwo \n",
        r"""grep -q 'two $' a.txt && { echo 'a.txt:2:4: W291 trailing whitespace'; exit 1; } || true""",
        "one \ntwo\n",
    ),
    "git's blank line at the end": (
        "a.txt",
        "one\n\n\n",
        r"""[ -n "$(tail -n1 a.txt)" ] || { echo 'a.txt:2: new blank line at EOF.'; exit 2; }""",
        "one\n",
    ),
    "no end": (
        "a.yaml",
        "a: 1",
        r"""[ -z "$(tail -c1 a.yaml)" ] || """
        r"""{ printf 'a.yaml\n  1:5 error no new line character at the end of file\n'; exit 1; }""",
        "a: 1\n",
    ),
    "mixed ends": (
        "a.txt",
        "one\r\ntwo\nthree\n",
        r"""! grep -q $'\r' a.txt || { echo 'a.txt: mixed line endings'; exit 1; }""",
        "one\ntwo\nthree\n",
    ),
    "a mark": (
        "a.json",
        "\ufeff{}\n",
        r"""! grep -q $'\xEF\xBB\xBF' a.json || { echo 'a.json: Has a byte-order marker'; exit 1; }""",
        "{}\n",
    ),
    "editorconfig's heading": (
        "docs/a.txt",
        "\tone\n",
        r"""! grep -q $'\t' docs/a.txt || """
        r"""{ printf 'docs/a.txt:\n\t1: Wrong indentation type(tabs instead of spaces)\n'; exit 1; }""",
        "    one\n",
    ),
    "a docstring": (
        "a.py",
        '"""Say it.  \n\nTwice. """\n',
        r"""! grep -q ' $' a.py || { echo 'a.py:1:1: W291 trailing whitespace'; exit 1; }""",
        '"""Say it.\n\nTwice. """\n',
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_is_complained_of_is_set_right(tmp_path: Path, name: str) -> None:
    path, old, command, new = CASES[name]
    folder = Folder(tmp_path, {path: old, "other.txt": "left \r\nalone"})
    mended = await folder.mend(check(command), fixers=[TextFiles()])
    assert mended.leftovers == ()
    assert folder.texts() == {path: new, "other.txt": "left \r\nalone"}
    assert (await folder.mend(check(command), fixers=[TextFiles()])).mends == ()


async def test_the_end_that_the_repository_asks_for(tmp_path: Path) -> None:
    attributes = "* text=auto\n*.bat text eol=crlf\n"
    command = r"""[ "$(grep -c $'\r' run.bat)" = 2 ] || { echo 'run.bat: wrong line endings'; exit 1; }"""
    folder = Folder(tmp_path, {"run.bat": "one\r\ntwo\n", ".gitattributes": attributes})
    assert (await folder.mend(check(command), fixers=[TextFiles()])).leftovers == ()
    assert folder.texts()["run.bat"] == "one\r\ntwo\r\n"


async def test_the_blanks_that_break_a_line_of_markdown_stay(tmp_path: Path) -> None:
    command = r"""! grep -q '[^ ] $' a.md || { echo 'a.md: trailing whitespace'; exit 1; }"""
    folder = Folder(tmp_path, {"a.md": "one  \ntwo \n"})
    assert (await folder.mend(check(command), fixers=[TextFiles()])).leftovers == ()
    assert folder.texts()["a.md"] == "one  \ntwo\n"


@pytest.mark.parametrize(
    ("said", "mode", "text", "after"),
    [
        ("run.sh: has a shebang but is not marked executable!", 0o644, "#!/bin/sh\n", True),
        ("run.sh: marked executable but has no (or invalid) shebang!", 0o755, "echo\n", False),
        ("sh: 1: ./run.sh: Permission denied", 0o644, "#!/bin/sh\n", True),
    ],
)
async def test_modes(tmp_path: Path, said: str, mode: int, text: str, after: bool) -> None:
    folder = Folder(tmp_path, {"run.sh": text})
    (tmp_path / "run.sh").chmod(mode)
    command = check(f"[ {'' if after else '!'} -x run.sh ] || {{ echo '{said}'; exit 1; }}")
    assert (await folder.mend(command, fixers=[TextFiles()])).leftovers == ()
    assert bool((tmp_path / "run.sh").stat().st_mode & 0o100) is after
    assert folder.texts()["run.sh"] == text


async def test_a_data_file_is_not_made_executable(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"run.txt": "no shebang\n"})
    failing = check("echo './run.txt: Permission denied'; exit 1")
    assert (await folder.mend(failing, fixers=[TextFiles()])).mends == ()
    assert not (tmp_path / "run.txt").stat().st_mode & 0o100


async def test_strings_of_a_program_and_what_tests_expect_keep_their_blanks(tmp_path: Path) -> None:
    files = {"a.py": 'x = """a \nb"""\n', "tests/expected.txt": "a \n"}
    failing = check(
        "echo 'a.py:1:1: W291 trailing whitespace'; echo 'tests/expected.txt:1: trailing whitespace.'; exit 1"
    )
    folder = Folder(tmp_path, files)
    assert (await folder.mend(failing, fixers=[TextFiles()])).mends == ()
    assert folder.texts() == files
