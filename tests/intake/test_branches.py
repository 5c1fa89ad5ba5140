"""Names of branches that git takes and people read."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journeyman.domain.request import BRANCH_PREFIX, Mode
from journeyman.steps.branches import LONGEST_SLUG, free_branch_name, slug

DAY = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("Add user authentication", "add-user-authentication"),
        ("Fix #12: crash in `parse()`!", "fix-12-crash-in-parse"),
        ("  \n first line\nsecond", "first-line"),
        ("word " * 30, "word-word-word-word-word-word-word-word-word"),
        ("x" * 100, "x" * LONGEST_SLUG),
        ("", "change"),
        ("日本語", "change"),
        ("../../etc/passwd", "etc-passwd"),
        ("--force", "force"),
        ("a.lock", "a-lock"),
    ],
)
def test_slugs(title: str, wanted: str) -> None:
    assert slug(title) == wanted


def test_a_taken_name_gets_a_number() -> None:
    name = "feat/20261120-add-it"
    assert free_branch_name("feat", DAY, "Add it", ()) == name
    assert free_branch_name("feat", DAY, "Add it", {name}) == f"{name}-2"
    assert free_branch_name("feat", DAY, "Add it", {name, f"{name}-2", f"{name}-4"}) == f"{name}-3"


def test_every_mode_has_a_prefix() -> None:
    assert set(BRANCH_PREFIX) == set(Mode)


@given(some.text())
def test_any_title_gives_a_plain_name(title: str) -> None:
    made = slug(title)
    assert 0 < len(made) <= LONGEST_SLUG
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert made.strip("-") == made


def test_git_takes_the_names() -> None:
    titles = ("Add it", "", "a.lock", "@{", "x" * 200, "..", "~^:?*[")
    for title in titles:
        name = free_branch_name("fix", DAY, title, ())
        assert subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True).returncode == 0
