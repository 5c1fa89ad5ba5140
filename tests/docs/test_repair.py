"""The page on mending: its command runs, and its fixer mends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from journeyman.domain.checks import Check, CheckKind
from tests.e2e.project import CommandLine, make_repository
from tests.repair.shell import Folder

PAGE = (Path(__file__).parents[2] / "docs" / "repair.md").read_text()
COMPILES = Check("compile", "python -m py_compile a.py", CheckKind.BUILD)


def test_the_command_runs(tmp_path: Path) -> None:
    files = {"sums.py": "def add(a, b):\n    return a - b\n"}
    files["test_sums.py"] = (
        "import unittest\nfrom sums import add\n\n\nclass Sums(unittest.TestCase):\n"
        "    def test_add(self):\n        self.assertEqual(add(2, 3), 5)\n"
    )
    checkout = make_repository(tmp_path / "checkout", files)
    (line,) = re.findall(r"^\$ journeyman (.*)$", PAGE, re.M)
    done = CommandLine(tmp_path / "home")(*line.split(), cwd=checkout)
    assert done.code == 0, done.err
    assert "return a + b" in done.out
    assert (checkout / "sums.py").read_text() == files["sums.py"]


@pytest.fixture
def fixer() -> Any:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    space: dict[str, Any] = {}
    exec(code, space)
    assert len(code.split("class ", 1)[1].splitlines()) <= 20
    return space["ForgottenPrint"]()


async def test_the_fixer_of_the_page_mends(fixer: Any, tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "def f(x):\n    print x\n"})
    mended = await folder.mend(COMPILES, fixers=[fixer])
    assert mended.leftovers == ()
    assert folder.texts()["a.py"] == "def f(x):\n    print(x)\n"


async def test_the_fixer_of_the_page_leaves_the_rest_alone(fixer: Any, tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "def f(x):\n    return (x\n"})
    assert (await folder.mend(COMPILES, fixers=[fixer])).mends == ()


def test_every_option_of_the_page_is_there(tmp_path: Path) -> None:
    shown = CommandLine(tmp_path / "home")("fix", "--help").out
    for option in set(re.findall(r"`(--[a-z-]+)", PAGE)) - {"--dry-run"}:
        assert option in shown, option
