"""The bench itself: cheap figures are measured, the table is printed, the JSON has its shape."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from bench.children import ROOT, run
from bench.figures import Figure
from bench.model import model_server
from bench.packs import holds, measure
from bench.registry import MEASURINGS


@pytest.mark.long
def test_cheap_figures_are_printed_and_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--quick", "--only", "help", "--only", "sandbox", "--only", "ledger"]
    done = subprocess.run([*command, "--output", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    # 1 says that a limit was not kept, which a busy machine may do.
    assert done.returncode in (0, 1), done.stderr
    assert "journeyman --help" in done.stdout
    (written,) = tmp_path.glob("*.json")
    facts = json.loads(written.read_text())
    assert facts["machine"]["cpus"] >= 1
    assert {figure["name"] for figure in facts["figures"]} >= {
        "journeyman --help",
        "sandbox: fresh",
        "sandbox: one command",
        "ledger: reserve and settle, mean of 1,000",
        "ledger: last calls / first calls",
    }
    keys = {"name", "unit", "measured", "limit", "aim", "rival", "rival_name", "note", "ratio", "kept"}
    for figure in facts["figures"]:
        assert set(figure) == keys
        assert figure["measured"] > 0 or figure["note"]


def test_a_figure_knows_its_ratio_and_whether_it_keeps_its_limit() -> None:
    figure = Figure("x", "ms", 30.0, 20.0, rival=60.0)
    assert (figure.ratio, figure.kept) == (0.5, False)
    assert (Figure("x", "ms", None, 20.0, note="why").kept, Figure("x", "ms", 1.0).kept) == (None, None)


def test_every_figure_is_registered() -> None:
    names = {
        "help",
        "sandbox",
        "trees",
        "start",
        "ledger",
        "turn",
        "many",
        "repair",
        "diagnosis",
        "redaction",
        "index",
        "growth",
        "memory",
    }
    assert set(MEASURINGS) == names


@pytest.mark.parametrize("stream", [True, False])
def test_the_server_gives_the_turns_of_its_script(stream: bool) -> None:
    shell = {"type": "function", "function": {"name": "run_shell_command"}}
    with model_server() as server:
        address = server.address("one", 2)
        answers = [ask(address, tools=[shell], stream=stream) for _ in range(3)]
        plan = ask(address, response_format={"estimated_steps": 1})
        marks = server.marks("one")
    assert ["tool_calls" in answer for answer in answers] == [True, True, False]
    assert "count = 1" in answers[1]
    assert answers[0].endswith("data: [DONE]\n\n") == stream
    assert "estimated_steps" in json.loads(json.loads(plan)["choices"][0]["message"]["content"])
    assert [mark.coder for mark in marks] == [True, True, True, False]
    assert all(mark.received <= mark.answered for mark in marks)


def ask(address: str, **body: object) -> str:
    asked = Request(f"{address}/chat/completions", json.dumps({"model": "bench", **body}).encode())
    with urlopen(asked) as answer:
        return answer.read().decode()


def test_a_child_is_timed_and_weighed() -> None:
    here = bytearray(200_000_000)
    ended = run([sys.executable, "-c", "x = bytearray(80_000_000); print('said')"])
    assert (ended.code, ended.said) == (0, "said\n")
    # What this process weighs is not counted, however much it is.
    assert 80 < ended.megabytes < 150 < len(here) / 1e6
    assert 0 < ended.seconds < 60


def test_packs_are_asked_of_a_checkout_without_what_came_later(tmp_path: Path) -> None:
    place = tmp_path / "acme__shop"
    place.mkdir()

    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(["git", *who, *words], cwd=place, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    (place / "shop.py").write_text("def total(prices):\n    return sum(prices)\n\n\ndef name():\n    return 'shop'\n")
    git("add", "-A")
    git("commit", "-qm", "a")
    commit = git("rev-parse", "HEAD").strip()
    (place / "later.py").write_text("def total_of_prices():\n    return 0\n")
    git("add", "-A")
    git("commit", "-qm", "b")
    one = {"instance_id": "a", "repo": "acme/shop", "base_commit": commit, "issue": "The total of prices is wrong"}
    right, wrong = (one | {"gold_functions": [name]} for name in ("shop.py:total", "later.py:total_of_prices"))
    found = measure([right, wrong], tmp_path, 2000)
    assert [each["holds"] for each in found] == [True, False]
    assert all(0 < each["tokens"] <= 2000 for each in found)


def test_a_function_is_held_by_its_whole_class_too() -> None:
    pieces = [
        {"part": "code", "place": "a.py:Till", "whole": True},
        {"part": "code", "place": "a.py:cut", "whole": False},
        {"part": "map", "place": "a.py:named", "whole": True},
    ]
    assert holds({"pieces": pieces}, ["a.py:Till.open"])
    assert not holds({"pieces": pieces}, ["a.py:cut", "a.py:named", "a.py:Tills.open"])
