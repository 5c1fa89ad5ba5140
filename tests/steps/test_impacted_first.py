"""How a command of pytest is narrowed to some tests."""

from __future__ import annotations

import pytest

from journeyman.steps.impacted_first import narrowed

A, B = "tests/test_a.py::test_x[1 2]", "tests/unit/test_b.py"


@pytest.mark.parametrize(
    ("command", "narrow"),
    [
        ("pytest", f"pytest '{A}' {B}"),
        ("python -m pytest -q", f"python -m pytest -q '{A}' {B}"),
        ("python -m pytest -q tests/unit", f"python -m pytest -q {B}"),
        ("pytest -c x.cfg -k 'not y' ./tests/ --junitxml o", f"pytest -c x.cfg -k 'not y' --junitxml o '{A}' {B}"),
        ("pytest tests/test_a.py", f"pytest '{A}'"),
        ("pytest docs", None),
        ("pytest && ruff check", None),
        ("make test", None),
        ("pytest 'unclosed", None),
    ],
)  # fmt: skip
def test_a_command_is_narrowed_to_what_it_would_run(command: str, narrow: str | None) -> None:
    assert narrowed(command, [A, B]) == narrow


def test_too_many_tests_are_not_named() -> None:
    assert narrowed("pytest", [f"tests/test_{number}.py" for number in range(500)]) is None
    assert narrowed("pytest", []) is None
