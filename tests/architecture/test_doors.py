"""Each way out has one door, and the redactor stands in it: who else calls what leads outside breaks this test."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from tests.architecture.source import SOURCE, files

DOORS = {
    "to models": ("provider.send", {"llm/models.py"}),
    "to the log": (".activities.note", {"steps/desk.py"}),
    "to the outbox": (".outbox.post", {"steps/desk.py"}),
    "into the database": ("create_engine", {"store/database.py", "store/migrations/env.py"}),
    "a commit": (".workspace.commit", {"steps/publish.py"}),
    "a push": (".workspace.push", {"steps/publish.py"}),
    "a pull request": (".open_pull_request", {"steps/publish.py"}),
    "a traceback": ("traceback.format_exception", {"cli/ending.py"}),
}
"""What is called, and the files that may call it."""


def calls() -> dict[str, set[str]]:
    """Return which files call what, by the whole dotted name."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                found[ast.unparse(node.func)].add(str(path.relative_to(SOURCE)))
    return found


CALLS = calls()


@pytest.mark.parametrize(("called", "allowed"), DOORS.values(), ids=list(DOORS))
def test_each_way_out_has_one_door(called: str, allowed: set[str]) -> None:
    callers = set().union(*(places for name, places in CALLS.items() if name == called or name.endswith(called)))
    assert callers, f"nothing calls {called} any more: name the new way out here"
    assert callers <= allowed


def test_the_database_is_never_opened_without_its_redactor() -> None:
    made = [
        node
        for path in files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Database"
    ]
    assert made
    assert all(any(word.arg == "redacted" for word in node.keywords) for node in made)


@pytest.mark.parametrize(
    "door", ["llm/models.py", "steps/desk.py", "steps/publish.py", "git/remotes.py", "cli/ending.py"]
)
def test_the_redactor_stands_in_the_door(door: str) -> None:
    assert "edactor" in Path(SOURCE, door).read_text()
