"""Small fixes are found in a history, and what the templates make of them is counted."""

from __future__ import annotations

from pathlib import Path

from bench.priors import Tried, fixes, judged, learnt, places, tried
from bench.repositories import git
from journeyman.repair.laboratory.inside.search.table import RULES
from journeyman.repair.search.searching import learnt_weights

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
    assert places(often, {}) == [2.0] * 20
    assert places(often, weights) == [1.0] * 20


def test_a_project_is_judged_by_what_the_others_teach() -> None:
    one = [Tried("one", [("x", 0.5), ("y", 0.4)], 1) for _ in range(20)]
    other = [Tried("other", [("x", 0.5), ("z", 0.4)], 1) for _ in range(20)]
    by_hand, by_learnt = judged([*one, *other])
    assert by_hand == [2.0] * 40
    assert by_learnt == [1.0] * 40
    assert judged(one) == ([2.0] * 20, [2.0] * 20)


def test_the_weights_in_force_are_those_of_the_rules_that_there_are() -> None:
    """Learnt anew after rules were added: `python -m bench.priors`."""
    weights = learnt_weights()
    assert set(weights) <= {rule.name for rule in RULES}
    assert min(weights.values()) > 0
