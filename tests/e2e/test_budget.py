"""Limits of a run, of a day and of a project from the command line: refused before the call, shown, gone on from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from journeyman.domain.conversation import Usage
from tests.e2e.project import CommandLine
from tests.e2e.test_providers import TASK, answer, configured
from tests.llm.servers import Asked, Deed, ProviderServer, Says

CALLS = 5
"""The calls of the whole task: planner, coder twice, tester, reviewer."""


def using(usage: Usage) -> Any:
    def deed_of(asked: Asked) -> Deed:
        deed = answer(asked)
        assert isinstance(deed, Says)
        return Says(deed.text, deed.calls, usage=usage)

    return deed_of


def settle(journeyman: CommandLine, server: ProviderServer, tmp_path: Path, **settings: Any) -> None:
    """Set the settings that `configured` makes, and more."""
    configured(journeyman, server, tmp_path)
    path = tmp_path / "settings.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


@pytest.mark.parametrize("model", ["openai:great-1", "anthropic:great-1"])
def test_a_token_budget_ends_the_run_and_a_new_one_goes_on(
    journeyman: CommandLine, remote: Path, tmp_path: Path, model: str
) -> None:
    with ProviderServer(using(Usage(4_000, 6_000))) as server:
        configured(journeyman, server, tmp_path)
        done = journeyman("run", str(remote), *TASK, "--model", model, "--token-budget", "40000")
        assert done.code == 4, done.err
        asked, run = len(server.asked), done.json["run_id"]
        assert 0 < asked < CALLS
        assert "--token-budget N goes on" in done.json["error_message"]
        cost = journeyman("cost", run, "--json").json
        (limit,) = cost["limits"]
        assert (limit["scope"], limit["unit"], limit["limit"]) == ("run", "tokens", 40_000)
        assert limit["used"] == asked * 10_000 == cost["input_tokens"] + cost["output_tokens"]
        assert (limit["left"], cost["reserved_calls"]) == (40_000 - limit["used"], 0)
        again = journeyman("resume", run, "--token-budget", "400000", "--json")
    assert again.code == 0, again.err
    assert len(server.asked) == CALLS


def test_a_day_s_limit_is_shared_by_runs_and_names_the_hour(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    with ProviderServer(using(Usage(1_000, 1_000))) as server:
        settle(journeyman, server, tmp_path, limits={"day": {"usd": 30}})
        first = journeyman("run", str(remote), *TASK, "--model", "openai:great-1")
        assert first.code == 0, first.err
        second = journeyman("run", str(remote), *TASK, "--model", "anthropic:great-1")
        assert second.code == 4, second.err
        run = second.json["run_id"]
        for words in ("the budget of the day", "(UTC) of $30", "00:00 UTC", f"journeyman resume {run}"):
            assert words in second.json["error_message"]
        (limit,) = journeyman("cost", run, "--json").json["limits"]
        assert (limit["scope"], limit["used"]) == ("day", pytest.approx(2.0 * len(server.asked)))
        assert "day " in journeyman("cost", run).out
        settle(journeyman, server, tmp_path, limits={"day": {"usd": 300, "tokens": 10_000_000}})
        again = journeyman("resume", run, "--json")
    assert again.code == 0, again.err
    assert len(server.asked) == 2 * CALLS


def test_runs_of_one_repository_share_a_project_s_limit(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    with ProviderServer(using(Usage(4_000, 6_000))) as server:
        settle(journeyman, server, tmp_path, limits={"project": {"tokens": 70_000}})
        first = journeyman("run", str(remote), *TASK, "--model", "local:great-1")
        assert first.code == 0, first.err
        second = journeyman("run", str(remote), *TASK, "--model", "local:great-1")
    assert second.code == 4, second.err
    assert f"the budget of the project {remote} of 70000 tokens" in second.json["error_message"]
    assert "limits.project" in second.json["error_message"]


def test_a_bill_above_the_reservation_is_flagged_and_stops_the_run(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    bills = iter([Usage(1_000, 1_000), Usage(200_000, 1_000)])
    with ProviderServer(lambda asked: using(next(bills, Usage(1_000, 1_000)))(asked)) as server:
        configured(journeyman, server, tmp_path)
        done = journeyman("run", str(remote), *TASK, "--model", "openai:great-1", "--budget", "5000")
        assert done.code == 4, done.err
        assert len(server.asked) == 2
        run = done.json["run_id"]
        assert f"journeyman cost {run}" in done.json["error_message"]
        assert journeyman("resume", run, "--json").code == 4
        assert len(server.asked) == 2
        cost = journeyman("cost", run, "--json").json
        assert (cost["overruns"], cost["cost_usd"]) == (1, pytest.approx(203.0))
        assert "1 call used more than was reserved" in journeyman("cost", run).out
        assert "reports 200000 tokens in, 1000 out ($201.0000); reserved were" in journeyman("logs", run).out
        assert journeyman("audit", "verify").code == 0
        again = journeyman("resume", run, "--budget", "5000", "--json")
    assert again.code == 0, again.err
    assert len(server.asked) == CALLS


def test_without_a_price_a_shared_budget_in_dollars_is_refused_and_tokens_are_not(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    with ProviderServer(answer) as server:
        settle(journeyman, server, tmp_path, limits={"project": {"usd": 5}}, prices={})
        done = journeyman("run", str(remote), *TASK, "--model", "openai:unheard-of")
        assert (done.code, len(server.asked)) == (2, 0)
        assert "no price is known for openai:unheard-of" in done.err
        settle(journeyman, server, tmp_path, limits={"run": {"tokens": 9_000}}, prices={})
        done = journeyman("run", str(remote), *TASK, "--model", "openai:unheard-of")
    assert done.code == 4, done.err
    assert "9000 tokens" in done.json["error_message"]


@pytest.mark.parametrize("words", [("--token-budget", "0"), ("--token-budget", "many"), ("--token-budget", "-3")])
def test_a_senseless_token_budget_is_wrong_use(journeyman: CommandLine, remote: Path, words: tuple[str, str]) -> None:
    done = journeyman("run", str(remote), *TASK, *words)
    assert (done.code, done.out) == (2, "")
    assert "token-budget" in done.err
    assert len(done.err.splitlines()) == 1


def test_doctor_says_that_the_totals_are_right(journeyman: CommandLine) -> None:
    findings = {each["subject"]: each for each in journeyman("doctor", "--json").json["findings"]}
    assert findings["ledger"]["ok"]
