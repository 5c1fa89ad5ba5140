"""The page on suspects: its command runs, and shows the numbers it promises."""

from __future__ import annotations

import re
from pathlib import Path

from journeyman.repair.localisation import FORMULAS
from tests.e2e.project import CommandLine, make_repository

PAGE = (Path(__file__).parents[2] / "docs" / "localisation.md").read_text()


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
    assert "1. add  sums.py:1" in done.out
    page = re.search(r"as a page, .*: (.*)$", done.out, re.M)
    assert page is not None
    assert all(name in Path(page[1]).read_text() for name in FORMULAS)
    assert (checkout / "sums.py").read_text() == files["sums.py"]


def test_every_formula_is_named() -> None:
    assert len(FORMULAS) == 5
    for name in ("Ochiai", "D*", "Tarantula", "Barinel", "Op2"):
        assert name in PAGE
