"""Every promise of the documentation names a test that is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
MOST_PROMISING = {
    "budget.md",
    "durability.md",
    "faults.md",
    "performance.md",
    "record.md",
    "sandbox.md",
    "security.md",
}


@cache
def defined() -> frozenset[str]:
    sources = (path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    return frozenset(name for source in sources for name in re.findall(r"def (test_\w+)\(", source))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_is_named_is_there(page: Path) -> None:
    text = page.read_text()
    files = set(re.findall(r"`(tests/[\w/]+\.py)`", text))
    named = set(re.findall(r"`(test_\w+)`", text))
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert sorted(named - defined()) == []
    assert page.name not in MOST_PROMISING or len(files | named) >= 3


def test_the_pages_that_promise_most_are_there() -> None:
    assert {page.name for page in PAGES} >= MOST_PROMISING
