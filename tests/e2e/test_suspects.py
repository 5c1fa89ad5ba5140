"""What tracing the failing tests tells stands in the coder's brief, for every round, and in the record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journeyman.steps.suspecting import changed_lines
from tests.e2e.project import CommandLine, make_repository
from tests.e2e.scripts import CONTENT, PLAN
from tests.llm.servers import Asked, Deed, ProviderServer, Says, call

pytestmark = pytest.mark.timeout(300)

TASK = (
    "--task",
    "Make the failing test pass",
    "--mode",
    "bugfix",
    "--validate",
    "python -m pytest -q",
    "--json",
    "--model",
    "local:great-1",
)
FILES = {
    ".journeyman.yaml": "checks:\n  tests: python -m pytest -q\n",
    "requirements.txt": "pytest\n",
    "names.py": (
        "def words(name):\n    return name.split()\n\n\n"
        "def initials(name):\n    parts = words(name)\n    raise NotImplementedError(parts)\n"
    ),
    "tests/test_names.py": (
        "import sys\n\nsys.path.insert(0, '.')\nimport names\n\n\n"
        "def test_words():\n    assert names.words('a b') == ['a', 'b']\n\n\n"
        "def test_initials():\n    assert names.initials('Ada Lovelace') == 'A. L.'\n"
    ),
}
OLD = "    raise NotImplementedError(parts)"
WRONG = "    return ' '.join(parts)"
RIGHT = "    return ' '.join(part[0] + '.' for part in parts)"
HEADING = "## Where the fault may be"


def answer(asked: Asked) -> Deed:
    """Answer as each role; the coder is wrong at first, and right when its work was sent back."""
    system = json.dumps(asked.body["messages"][0])
    if "planner of Journeyman" in system:
        return Says(json.dumps(PLAN))
    if "tester of Journeyman" in system or "reviewer of Journeyman" in system:
        return Says(json.dumps(CONTENT))
    if any("edited names.py" in json.dumps(message) for message in asked.body["messages"]):
        return Says("done")
    again = "Why the work was sent back" in task_of(asked)
    edit = ("names.py", WRONG, RIGHT) if again else ("names.py", OLD, WRONG)
    return Says(calls=[call("edit_file", **dict(zip(("path", "old", "new"), edit, strict=True)))])


def task_of(asked: Asked) -> str:
    """Return what the coder was told first."""
    content = asked.body["messages"][1]["content"]
    return content if isinstance(content, str) else json.dumps(content)


def coders(server: ProviderServer) -> list[str]:
    """Return the brief of each round."""
    asked = [each for each in server.asked if "Make the smallest change" in json.dumps(each.body["messages"][0])]
    return list(dict.fromkeys(task_of(each) for each in asked))


def test_suspects_are_in_each_round_s_brief_and_a_replay_finds_the_same(
    journeyman: CommandLine, tmp_path: Path
) -> None:
    local = make_repository(tmp_path / "local", FILES)
    with ProviderServer(answer) as server:
        journeyman.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
        done = journeyman("run", str(local), *TASK, timeout=250)
    assert done.code == 0, done.err
    first, second = coders(server)
    suspects = first.partition(HEADING)[2].partition("</from>")[0]
    assert '<from source="traced tests">' in suspects
    assert "1. names.py:5 initials: is run by 1 of 1 failing and 0 of 1 passing tests" in suspects
    assert "line 7, 1 failing, 0 passing: raise NotImplementedError(parts)" in suspects
    assert len(suspects) < 1_500
    assert "line 7, 1 failing, 0 passing: return ' '.join(parts)" in second.partition(HEADING)[2]
    record = tmp_path / "run.record"
    assert journeyman("export", str(done.json["run_id"]), "-o", str(record)).code == 0
    replayed = journeyman("replay", str(record), timeout=200)
    assert "identical" in replayed.out, replayed.out + replayed.err


def test_a_setting_switches_the_tracing_off(journeyman: CommandLine, tmp_path: Path) -> None:
    local = make_repository(tmp_path / "local", FILES)
    (tmp_path / "settings.yaml").write_text("localise: false\nmend_first: false\n")
    with ProviderServer(answer) as server:
        journeyman.variables |= {
            "JOURNEYMAN_LOCAL_URL": server.openai_url,
            "JOURNEYMAN_CONFIG": str(tmp_path / "settings.yaml"),
        }
        done = journeyman("run", str(local), *TASK, timeout=250)
    assert done.code == 0, done.err
    assert not any(HEADING in brief for brief in coders(server))


def test_the_lines_that_a_diff_changed() -> None:
    diff = (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +3,2 @@ def f():\n-x\n-y\n+x\n+z\n"
        "@@ -9 +9 @@\n-q\n+r\ndiff --git a/b.py b/b.py\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n+new\n"
    )
    assert changed_lines(diff) == {"a.py": {3, 4, 9}, "b.py": {1}}
