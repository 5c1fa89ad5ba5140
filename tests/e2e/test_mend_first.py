"""With a model configured the mender goes first: what it mends costs no coder's call, and the coder sees the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.project import CommandLine, git, make_repository
from tests.e2e.scripts import CONTENT, PLAN
from tests.e2e.test_fix import GREEN, RED
from tests.llm.servers import Asked, Deed, ProviderServer, Says, call

TASK = ("--task", "Make the failing checks pass", "--mode", "bugfix", "--json", "--model", "local:great-1")
CHECK = ("--validate", "python -m unittest")
HALF = {
    **RED,
    "more.py": "def double(x):\n    raise NotImplementedError\n",
    "test_more.py": "import unittest\n\nfrom more import double\n\n\nclass More(unittest.TestCase):\n"
    "    def test_double(self):\n        self.assertEqual(double('ab'), 'ab ab')\n",
}
EDIT = call("edit_file", path="more.py", old="raise NotImplementedError", new="return f'{x} {x}'")
OBJECTION = {**CONTENT, "issues": ["the sum wants a note"]}


class Office:
    """Answers as planner, coder, tester and reviewer. The reviewer objects as often as is said."""

    def __init__(self, objections: int = 0, edit: Says | None = None) -> None:
        self.objections = objections
        self.edit = edit or Says(calls=[EDIT])

    def __call__(self, asked: Asked) -> Deed:
        system = json.dumps(asked.body["messages"][0])
        if "planner of Journeyman" in system:
            return Says(json.dumps(PLAN))
        if "reviewer of Journeyman" in system and self.objections:
            self.objections -= 1
            return Says(json.dumps(OBJECTION))
        if "tester of Journeyman" in system or "reviewer of Journeyman" in system:
            return Says(json.dumps(CONTENT))
        done = any(message["role"] == "tool" for message in asked.body["messages"])
        return Says("done") if done else self.edit


def coders(server: ProviderServer) -> list[str]:
    """Return what was asked of the coder."""
    return [
        text for each in server.asked if "Make the smallest change" in (text := json.dumps(each.body["messages"]))
    ]


@pytest.fixture
def believing(journeyman: CommandLine, tmp_path: Path) -> CommandLine:
    """The command line with the default settings: the mender goes first."""
    (tmp_path / "settings.yaml").write_text("{}\n")
    journeyman.variables["JOURNEYMAN_CONFIG"] = str(tmp_path / "settings.yaml")
    return journeyman


def test_what_the_mender_mends_costs_no_call_of_the_coder(believing: CommandLine, tmp_path: Path) -> None:
    local = make_repository(tmp_path / "local", RED)
    with ProviderServer(Office()) as server:
        believing.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
        done = believing("run", str(local), *TASK, *CHECK)
    assert done.code == 0, done.err
    assert coders(server) == []
    assert git(local, "show", f"{done.json['branch_name']}:sums.py") == GREEN.strip()
    assert "Mended without a model" in git(local, "log", "-1", "--format=%B", done.json["branch_name"])
    record = tmp_path / "run.record"
    assert believing("export", done.json["run_id"], "-o", str(record)).code == 0
    replayed = believing("replay", str(record))
    assert "identical" in replayed.out, replayed.out + replayed.err


def test_the_coder_goes_on_from_what_was_mended(believing: CommandLine, tmp_path: Path) -> None:
    local = make_repository(tmp_path / "local", HALF)
    with ProviderServer(Office()) as server:
        believing.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
        done = believing("run", str(local), *TASK, *CHECK)
    assert done.code == 0, done.err
    assert git(local, "show", f"{done.json['branch_name']}:sums.py") == GREEN.strip()
    brief = coders(server)[0]
    assert "What programs have mended already" in brief
    assert "test_double" in brief
    assert "test_total" not in brief.partition("What fails before the change")[2].partition("##")[0]


def test_a_reviewer_who_objects_calls_the_coder(believing: CommandLine, tmp_path: Path) -> None:
    local = make_repository(tmp_path / "local", RED)
    note = Says(calls=[call("edit_file", path="sums.py", old="# one by one", new="# each in turn")])
    with ProviderServer(Office(objections=1, edit=note)) as server:
        believing.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
        done = believing("run", str(local), *TASK, *CHECK)
    assert done.code == 0, done.err
    assert "the sum wants a note" in coders(server)[0]
    assert git(local, "show", f"{done.json['branch_name']}:sums.py") == GREEN.strip().replace(
        "one by one", "each in turn"
    )


@pytest.mark.parametrize("why", ["switched off", "another mode"])
def test_the_mender_stays_out_of_it(
    journeyman: CommandLine, believing: CommandLine, tmp_path: Path, why: str
) -> None:
    local = make_repository(tmp_path / "local", RED)
    mode = ("--mode", "feature") if why == "another mode" else ()
    if why == "switched off":
        (tmp_path / "settings.yaml").write_text("mend_first: false\n")
    edit = Says(calls=[call("edit_file", path="sums.py", old="-=", new="+=")])
    with ProviderServer(Office(edit=edit)) as server:
        journeyman.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
        done = journeyman("run", str(local), *TASK, *CHECK, *mode)
    assert done.code == 0, done.err
    assert len(coders(server)) == 2


def test_fix_hands_what_is_left_to_a_model(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", HALF)
    (checkout / "mine.txt").write_text("mine\n")
    head = git(checkout, "rev-parse", "HEAD")
    words = ("--check", "python -m unittest", "--json", "--model", "local:great-1", "--max-turns", "10")
    with ProviderServer(Office()) as server:
        journeyman.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
        done = journeyman("fix", str(checkout), *words)
    assert done.code == 0, done.err
    assert (checkout / "sums.py").read_text() == GREEN
    assert "return f'{x} {x}'" in (checkout / "more.py").read_text()
    assert sorted(done.json["written"]) == ["more.py", "sums.py"]
    assert (git(checkout, "rev-parse", "HEAD"), git(checkout, "branch")) == (head, "* main")
    assert journeyman("cost", done.json["run_id"], "--json").json["calls"] == len(server.asked) > 0
    assert journeyman("fix", str(checkout), *words[:2]).code == 0


def test_fix_asks_no_model_where_programs_suffice(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", RED)
    with ProviderServer(Office()) as server:
        journeyman.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
        done = journeyman("fix", str(checkout), "--check", "python -m unittest", "--model", "local:great-1")
    assert (done.code, server.asked) == (0, [])


def test_a_model_that_does_not_deliver_leaves_what_programs_mended(journeyman: CommandLine, tmp_path: Path) -> None:
    checkout = make_repository(tmp_path / "checkout", HALF)
    with ProviderServer(Office(edit=Says("I give up"))) as server:
        journeyman.variables["JOURNEYMAN_LOCAL_URL"] = server.openai_url
        done = journeyman("fix", str(checkout), "--check", "python -m unittest", "--model", "local:great-1", "--json")
    assert done.code == 1, done.err
    assert done.json["written"] == ["sums.py"]
    assert f"journeyman resume {done.json['run_id']}" in done.json["left"][0]["next_step"]
