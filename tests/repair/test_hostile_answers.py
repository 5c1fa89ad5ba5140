"""Code of the repository runs beside the program that answers: whatever comes back is data, and no error of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from journeyman.repair.contract import Heard
from journeyman.repair.localisation import localise
from journeyman.repair.search.searching import EditSearch
from journeyman.repair.tree import SourceTree

from .shell import PYTEST, Folder, LocalShell

FILES = {
    "sums.py": "def add(a, b):\n    return a - b\n",
    "test_sums.py": "from sums import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
}
TEST = {"name": "test_sums.py::test_add", "passed": False}


def edit(**more: Any) -> dict[str, Any]:
    plain = {"path": "sums.py", "start": 29, "end": 30, "line": 2, "text": "+", "unit": "add", "template": "operator"}
    return {"patches": [{"edits": [plain | more], "score": 1.0}], "tried": 1, "collected": 1}


ANSWERS = [
    "",
    "\x00",
    "nothing",
    "[" * 100_000,
    "null",
    "[]",
    '{"patches": 7}',
    '{"lines": {"sums.py": {"2": 1e999}}}',
    json.dumps({"tests": [TEST], "passing": -5, "lines": {"sums.py": {"2": 1, "two": 1, "-3": 1}}}),
    json.dumps({"tests": [TEST], "passing": 1, "lines": {"sums.py": {"99999999": -1, "2": 1 << 900}}}),
    json.dumps({"tests": [TEST], "lines": {"../../etc/passwd": {"1": 1}, "gone.py": {"1": 1}, "": {"1": 1}}}),
    json.dumps({"tests": [TEST] * 3, "blocks": ["nowhere", ""], "lines": {"sums.py": {"2": 7}}}),
    json.dumps({"tests": [TEST], "depths": [["gone.py", -1, -1]], "lines": {"sums.py": {"2": 1}}}),
    json.dumps({"tests": [TEST], "blocks": ["1"], "lines": {"../../etc/passwd": {"1": 0}, "gone.py": {"9": 0}}}),
    json.dumps({"tests": [TEST], "blocks": ["1"], "lines": {"sums.py": {"99999": 0}}, "depths": [["x", 9, -9]]}),
    json.dumps({"tests": [TEST], "blocks": ["1"], "lines": {"sums.py": {"2": -1}}}),
    json.dumps({"tests": [TEST], "blocks": ["f"], "passing": 1, "lines": {"sums.py": {"2": 0}}}),
    json.dumps({"spectrum": {"tests": [TEST], "blocks": ["x"], "lines": {"sums.py": {"2": 0}}}}),
    json.dumps(edit(start=-5, end=10**12)),
    json.dumps(edit(start=30, end=2)),
    json.dumps(edit(path="../outside.py")),
    json.dumps(edit(path="OUTSIDE")),
    json.dumps(edit(path="gone.py", text="import os\n")),
    json.dumps(edit(path="test_sums.py", start=0, end=200, text="")),
    json.dumps(edit(text="\ud800")),
    json.dumps(edit(line=10**9, unit="\x1b[31m")),
]


class Answering(LocalShell):
    """Gives an answer of its own wherever the program's is read."""

    answer = ""

    async def timed(self, command: str, timeout_seconds: float, heard: Heard | None = None) -> tuple[int, str]:
        if "answer.json | head" not in command:
            return await super().timed("true", timeout_seconds)
        start = int(command.split()[2]) - 1
        return 0, self.answer[start : start + 200_000]


@pytest.mark.parametrize("answer", ANSWERS)
async def test_whatever_the_sandbox_answers(tmp_path: Path, answer: str) -> None:
    folder = Folder(tmp_path / "project", FILES)
    (tmp_path / "outside.py").write_text("def add(a, b):\n    return a - b\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.py")}
    shell = Answering(folder.root)
    shell.answer = answer.replace("OUTSIDE", str(tmp_path / "outside.py"))
    await localise(SourceTree(shell, tuple(FILES)), await folder.judge(PYTEST), 5)
    folder.shell = shell
    mended = await folder.mend(PYTEST, fixers=(EditSearch(),))
    right = b"return a + b" in (folder.root / "sums.py").read_bytes()
    assert mended.report.passed == right
    if not right:
        assert {path: path.read_bytes() for path in before} == before
