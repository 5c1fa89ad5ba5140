"""What the code index finds stands in the briefs of planner and coder, the same in each, and in the record."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.codebase.embeddings import about_vehicles, endpoint
from tests.e2e.project import CommandLine, make_repository
from tests.e2e.scripts import CONTENT, PLAN
from tests.llm.servers import Asked, Deed, ProviderServer, Says, call

pytestmark = pytest.mark.timeout(300)

HEADING = "## What the code index finds for the task"
TASK = ("--task", "Say initials() with dots", "--mode", "feature", "--validate", "test -f names.py", "--json")
FILES = {
    "names.py": "def words(name):\n    return name.split()\n\n\ndef initials(name):\n    return words(name)[0][0]\n",
    "other.py": "import names\n\nNAME = names.initials('Ada')\n",
}
DEEDS = [
    [call("search_code", query="initials")],
    [call("search_code", query="which words make the name")],
    [call("edit_file", path="names.py", old="[0][0]", new="[0][0] + '.'")],
]


def answer(asked: Asked) -> Deed:
    """Answer as each role; the coder searches twice and then edits."""
    system = json.dumps(asked.body["messages"][0])
    if "planner of Journeyman" in system:
        return Says(json.dumps(PLAN))
    if "tester of Journeyman" in system or "reviewer of Journeyman" in system:
        return Says(json.dumps(CONTENT))
    done = sum(1 for message in asked.body["messages"] if message["role"] == "tool")
    return Says(calls=DEEDS[done]) if done < len(DEEDS) else Says("done")


def briefs(server: ProviderServer) -> dict[str, str]:
    """Return what the planner and the coder were told first, by their role."""
    found = {}
    for asked in server.asked:
        system, opening = (json.dumps(message["content"]) for message in asked.body["messages"][:2])
        for role, words in (("planner", "planner of Journeyman"), ("coder", "Make the smallest change")):
            if words in system:
                found.setdefault(role, opening)
    return found


def results(server: ProviderServer) -> list[str]:
    last = max((asked.body["messages"] for asked in server.asked), key=len)
    return [json.dumps(message["content"]) for message in last if message["role"] == "tool"]


def test_planner_and_coder_are_shown_the_code_and_search_by_the_index(
    journeyman: CommandLine, tmp_path: Path
) -> None:
    local = make_repository(tmp_path / "local", FILES)
    with ProviderServer(answer) as server:
        journeyman.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
        done = journeyman("run", str(local), *TASK, "--model", "local:great-1", timeout=250)
    assert done.code == 0, done.err
    told = briefs(server)
    shown = {role: brief.partition(HEADING)[2].partition("</from>")[0] for role, brief in told.items()}
    assert "### names.py:5-6 initials (1st of the functions; the task names initials)" in shown["coder"]
    assert shown["planner"] == shown["coder"]
    name, words, _ = results(server)
    assert "defined at:\\nnames.py:5: def initials(name)" in name
    assert "other.py:3:NAME" in name
    assert "no line matches; nearest by its words:\\nnames.py:1: def words(name)" in words
    record = tmp_path / "run.record"
    assert journeyman("export", str(done.json["run_id"]), "-o", str(record)).code == 0
    replayed = journeyman("replay", str(record), timeout=200)
    assert "identical" in replayed.out, replayed.out + replayed.err


def test_a_setting_leaves_the_code_out(journeyman: CommandLine, tmp_path: Path) -> None:
    local = make_repository(tmp_path / "local", FILES)
    (tmp_path / "settings.yaml").write_text("code_tokens: 0\n")
    with ProviderServer(answer) as server:
        journeyman.variables |= {
            "JOURNEYMAN_LOCAL_URL": server.openai_url,
            "JOURNEYMAN_CONFIG": str(tmp_path / "settings.yaml"),
        }
        done = journeyman("run", str(local), *TASK, "--model", "local:great-1", timeout=250)
    assert done.code == 0, done.err
    assert not any(HEADING in brief for brief in briefs(server).values())
    assert "no line matches" in results(server)[1]
    assert not (tmp_path / "home" / "index").exists()


SETTINGS = """embedder: {{url: '{url}', model: small}}
webhook_secret: a-secret-of-the-settings
webhook_url: http://127.0.0.1:9/none
"""


def test_an_embedder_that_was_measured_helps_runs_and_ends_none(journeyman: CommandLine, tmp_path: Path) -> None:
    local = about_vehicles(tmp_path / "local")
    task = "Something of the vehicle with synonym13. and a-secret-of-the-settings"

    def run(task: str) -> tuple[str, str]:
        words = ("--task", task, "--mode", "feature", "--validate", "test -f m1.py", "--json")
        with ProviderServer(lambda asked: Says(json.dumps(PLAN)) if is_planner(asked) else Says("done")) as server:
            journeyman.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
            done = journeyman("run", str(local), *words, "--model", "local:great-1", timeout=250)
        return str(done.json["run_id"]), briefs(server)["planner"].partition(HEADING)[2]

    with endpoint() as (url, asked):
        journeyman.settings.write_text(SETTINGS.format(url=url))
        plain = run(task)[1]
        assert asked == [], "nobody has measured it"
        assert journeyman("index", str(local), "--measure-embedder").code == 0
        asked.clear()
        run_id, helped = run(task)
        assert place(helped) < place(plain)
        assert "synonym13. and" in str(asked)
        assert "a-secret-of-the-settings" not in str(asked)
        asked.clear()
        record = tmp_path / "run.record"
        assert journeyman("export", run_id, "-o", str(record)).code == 0
        assert "identical" in journeyman("replay", str(record), timeout=200).out
        assert asked == []
    run_id, alone = run("Another one of the vehicle with synonym12.")
    assert "(1st of the functions" in alone
    assert journeyman("logs", run_id).out.count("located without the embedder") == 1


def place(shown: str) -> int:
    """Return which one of the shown functions the one of m13.py is."""
    found = re.search(r"### m13\.py:1-2 vehicle_13 \((\d+)", shown)
    assert found
    return int(found[1])


def is_planner(asked: Asked) -> bool:
    return "planner of Journeyman" in json.dumps(asked.body["messages"][0])
