"""Small repositories to index, and how to open an index of them."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

from journeyman.codebase import Report
from journeyman.codebase.index import CodeIndex
from journeyman.git.listing import WorkTrees
from journeyman.git.program import Git

SHOP = {
    "shop/orders.py": '''"""Orders and what they cost."""

from shop.stock import Warehouse

LIMIT = 100


class Order:
    """What a customer wants."""

    def __init__(self, lines):
        self.lines = lines

    def total(self, rebate=0):
        """Return the price of all lines, the rebate taken off."""
        if rebate and self.lines:
            return sum(self.lines) - rebate
        return sum(self.lines)


def reserve(order):
    """Set goods aside."""
    for line in order.lines:
        Warehouse().take(line)
''',
    "shop/stock.py": '''class Warehouse:
    """Holds goods."""

    def take(self, amount):
        raise NotImplementedError
''',
    "tests/test_orders.py": """from shop.orders import Order


def test_total_takes_the_rebate_off():
    assert Order([3, 4]).total(rebate=2) == 5
""",
    "README.md": "# Shop\n\nAn order holds lines.\n",
}


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def git(root: Path, *words: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    variables = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True, text=True, env=variables)
    return done.stdout.strip()


def committed(root: Path, files: dict[str, str | bytes]) -> Path:
    write(root, files)
    if not (root / ".git").exists():
        git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "a change")
    return root


def opened(home: Path, root: Path) -> CodeIndex:
    return CodeIndex(home, WorkTrees(Git()), root, workers=2)


def refreshed(index: CodeIndex, *, thorough: bool = False) -> Report:
    return asyncio.run(index.refresh(thorough=thorough))
