"""Cheapest first: what reads texts alone mends before anything that runs tests again, asks an index or searches."""

from __future__ import annotations

from pathlib import Path

import pytest

from .shell import PYTEST, Folder, LocalShell

SHOP = "def price(items):\n    return sum(items)\n"
TESTS = "from shop import price\n\n\ndef test_price():\n    assert price([1, 2]) == 3\n"
# by fixer and files, and how often the check runs: at first, once more where it may be chance, and with the change
FAULTS = {
    "a colon that is missing": ("syntax", {"shop.py": SHOP.replace("):", ")", 1)}, 2),
    "a name that is misspelt": ("undefined names", {"shop.py": SHOP.replace("sum(items)", "sum(itmes)")}, 2),
    "a module that is misspelt": (
        "misspelt imports",
        {"shop.py": "from pricse import price\n", "prices.py": SHOP, "requirements.txt": ""},
        2,
    ),
}


class Noting(LocalShell):
    """Notes what is run."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.commands: list[str] = []

    async def run(self, command: str, timeout_seconds: float | None = None) -> tuple[int, str]:
        self.commands.append(command)
        return await super().run(command, timeout_seconds)


@pytest.mark.parametrize("name", FAULTS)
async def test_what_reads_texts_mends_before_anything_dear_is_begun(tmp_path: Path, name: str) -> None:
    fixer, files, runs = FAULTS[name]
    folder = Folder(tmp_path, {"tests/test_price.py": TESTS, **files})
    folder.shell = noting = Noting(tmp_path)
    asked: list[str] = []

    async def online(command: str, seconds: float) -> tuple[int, str]:
        asked.append(command)
        return 1, ""

    mended = await folder.mend(PYTEST, online=online)
    assert [mend.fixer for mend in mended.mends] == [fixer]
    assert mended.leftovers == ()
    assert asked == []
    assert not any("journeyman-laboratory" in command for command in noting.commands)
    assert len(folder.judged) == runs
