"""Small fixes are found in a history, and what the templates make of them is counted."""

from __future__ import annotations

from pathlib import Path

from bench.priors import Tried, fixes, learnt, places, tried
from bench.repositories import git

BEFORE = """def last(items):
    'Return it.'
    return items[len(items)]


def most(a, b):
    return min(a, b)
"""


def history(folder: Path, *changes: tuple[str, str]) -> Path:
    """Make a repository whose commits replace the module one after the other."""
    folder.mkdir()
    git(folder, "init", "-q")
    for message, text in changes:
        (folder / "module.py").write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", message)
    return folder / ".git"


def test_a_small_fix_in_one_function_counts_and_nothing_else(tmp_path: Path) -> None:
    right = BEFORE.replace("min(a", "max(a")
    found = list(
        fixes(
            history(
                tmp_path / "p",
                ("Begin", BEFORE),
                ("Fix the larger one", right),
                ("Make it longer", right.replace("a, b", "a, c")),
                ("Fix a docstring", right.replace("Return it.", "Return the last.")),
                ("Fix both", right.replace("a, b", "x, y").replace("len(items)", "-1")),
            )
        )
    )
    assert [fix.scene.unit.name for fix in found] == ["most"]
    hit = tried(found[0])
    assert hit.hit is not None
    assert "max" in found[0].text


def test_what_often_mends_is_tried_earlier() -> None:
    often = [Tried("p", [("rare", 0.5), ("often", 0.4)], 1) for _ in range(20)]
    weights = learnt(often)
    assert weights["often"] > weights["rare"]
    assert places(often, lambda kind, prior: prior) == [2.0] * 20
    assert places(often, lambda kind, prior: prior * weights[kind]) == [1.0] * 20
