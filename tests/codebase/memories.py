"""A memory with a real database and a real git, and a project whose past is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from journeyman.codebase.memory.remembering import Memory
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git
from journeyman.store.database import Database
from journeyman.store.patterns import StoredPatterns
from journeyman.store.remembered import StoredRemembered
from tests.codebase.places import git, write

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def remembering(database: Database, *, share: bool = False, clock: Callable[[], datetime] = lambda: NOW) -> Memory:
    return Memory(StoredPatterns(database), StoredRemembered(database), WorkTrees(Git()), clock, share=share)


def change(root: Path, message: str, **lines: str) -> None:
    """Commit one more line in each of the named files; `_` in a name stands for a slash, `__` for a dot."""
    for name, line in lines.items():
        path = root / name.replace("__", ".").replace("_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + line + "\n")
    if not (root / ".git").exists():
        git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


def past_project(root: Path) -> Path:
    """Orders change with their tests and the change log; one commit mends a rebate, the rest is about shelves."""
    write(root, {"shop/__init__.py": "", "CHANGES.md": "# Changes\n"})
    for number in range(8):
        change(
            root,
            f"Let orders have {number} lines (#{number})",
            shop_orders__py=f"LINES{number} = {number}",
            tests_orders__py=f"ASSERTED{number} = {number}",
            CHANGES__md=f"- {number} lines",
        )
    for number in range(14):
        change(root, f"Describe shelf {number}", docs_shelves__md=f"Shelf {number} holds goods.")
    change(
        root,
        "Fix the rebate of an empty order",
        shop_orders__py="def total(order):\n    return sum(order.lines) - order.rebate if order.lines else 0",
        tests_orders__py="assert True",
    )
    return root
