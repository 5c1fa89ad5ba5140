"""`journeyman fix --explain`: the picture, the page, and where there is nothing to explain."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.project import CommandLine, make_repository

PROJECT = {
    "sums.py": "def total(values):\n    found = 0\n    for value in values:\n        found -= value\n"
    "    return found\n\n\n"
    "def mean(values):\n    return total(values) / len(values)\n",
    "test_sums.py": "import unittest\n\nimport sums\n\n\nclass Sums(unittest.TestCase):\n"
    "    def test_total(self):\n        self.assertEqual(sums.total([1, 2]), 3)\n\n"
    "    def test_nothing(self):\n        self.assertEqual(sums.total([]), 0)\n",
}
UNITTEST = ("--check", "python -m unittest", "--explain")


def test_the_suspects_are_shown_before_what_was_mended_and_kept_as_a_page(
    journeyman: CommandLine, tmp_path: Path
) -> None:
    checkout = make_repository(tmp_path / "checkout", PROJECT)
    done = journeyman("fix", str(checkout), *UNITTEST)
    assert done.code == 0, done.err
    picture, _, report = done.out.partition("as a page, with every formula and test: ")
    assert picture.startswith("Suspects of python -m unittest\n1 failing test and 1 passing test traced, of 2")
    assert "1. total  sums.py:1" in picture
    assert next(line for line in picture.splitlines() if "found -= value" in line).startswith("█████")
    assert "\033" not in done.out
    page = Path(report.splitlines()[0])
    assert page.is_relative_to(journeyman.home)
    assert "found -= value" in page.read_text()  # as it was, not as it is now
    assert "+        found += value" in report
    again = journeyman("fix", str(checkout), *UNITTEST, "--json")
    assert (again.code, again.json["explained"]) == (0, "")


def test_nothing_to_explain_is_said(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", {"a.txt": "a\n"})
    done = journeyman("fix", str(checkout), "--check", "test -f b.txt", "--explain")
    assert done.code == 1
    assert "there is nothing to explain" in done.out
