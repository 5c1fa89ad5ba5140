"""The main job with models that are really spoken to, over HTTP, in both protocols."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journeyman.domain.conversation import Usage
from tests.e2e.project import BROKEN, FIXED_SUM, CommandLine, git, make_remote
from tests.e2e.scripts import CONTENT, PLAN
from tests.llm.servers import Asked, Deed, Fails, ProviderServer, Says, call

KEY = "sk-a-key-that-nobody-may-see"
TASK = ("--task", "Mend the sum", "--mode", "bugfix", "--validate", "python3 -m pytest -q", "--json")
EDIT = call("edit_file", path="src/sums.py", old="a - b", new="a + b")


def answer(asked: Asked) -> Deed:
    """Answer as planner, coder, tester or reviewer, by what the request says it wants."""
    system = json.dumps(asked.body.get("system") or asked.body["messages"][0])
    if "planner of Journeyman" in system:
        return Says(json.dumps(PLAN))
    if "tester of Journeyman" in system or "reviewer of Journeyman" in system:
        return Says(json.dumps(CONTENT))
    done = any("edited src/sums.py" in json.dumps(message) for message in asked.body["messages"])
    return Says("mended") if done else Says(calls=[EDIT])


def configured(journeyman: CommandLine, server: ProviderServer, tmp_path: Path) -> None:
    prices = {"input_per_million": 1000, "output_per_million": 1000}
    settings = {
        "prices": {"openai:great-1": prices, "anthropic:great-1": prices},
        "fallbacks": [],
        "mend_first": False,
    }
    (tmp_path / "settings.yaml").write_text(json.dumps(settings))
    journeyman.variables |= {
        "JOURNEYMAN_CONFIG": str(tmp_path / "settings.yaml"),
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": server.openai_url,
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": server.anthropic_url,
        "OPENROUTER_API_KEY": KEY,
        "OPENROUTER_BASE_URL": server.openai_url,
        "JOURNEYMAN_LOCAL_URL": server.openai_url,
    }


@pytest.mark.parametrize("model", ["openai:great-1", "anthropic:great-1", "openrouter:we/great-1", "local:great-1"])
def test_each_provider_delivers(journeyman: CommandLine, remote: Path, tmp_path: Path, model: str) -> None:
    with ProviderServer(answer) as server:
        configured(journeyman, server, tmp_path)
        done = journeyman("run", str(remote), *TASK, "--model", model)
    assert done.code == 0, done.err
    assert git(remote, "show", f"{done.json['branch_name']}:src/sums.py") == FIXED_SUM.strip()
    assert done.json["artifacts"]["llm_calls"] == len(server.asked) == 5
    assert done.json["artifacts"]["input_tokens"] == 500
    seen = b"".join(path.read_bytes() for path in sorted(journeyman.home.rglob("*")) if path.is_file())
    assert KEY.encode() not in seen + done.err.encode() + done.out.encode()


def test_a_provider_with_hiccups_is_asked_again(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    faults = iter([Fails(429, retry_after="0"), Fails(529), Says("half", breaks="reset")])
    with ProviderServer(lambda asked: next(faults, None) or answer(asked)) as server:
        configured(journeyman, server, tmp_path)
        done = journeyman("run", str(remote), *TASK, "--model", "openai:great-1")
    assert done.code == 0, done.err
    assert len(server.asked) == 8
    assert done.json["artifacts"]["uncertain_calls"] == 1


def test_a_budget_ends_the_run_before_the_call_and_a_new_one_goes_on(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    dear = Usage(1_000, 5_000)

    def dearly(asked: Asked) -> Deed:
        deed = answer(asked)
        assert isinstance(deed, Says)
        return Says(deed.text, deed.calls, usage=dear)

    with ProviderServer(dearly) as server:
        configured(journeyman, server, tmp_path)
        done = journeyman("run", str(remote), *TASK, "--model", "openai:great-1", "--budget", "20")
        assert done.code == 4, done.err
        asked = len(server.asked)
        assert done.json["artifacts"]["cost_usd"] <= 20
        assert "--budget" in done.json["error_message"]
        again = journeyman("resume", done.json["run_id"], "--budget", "1000", "--json")
    assert again.code == 0, again.err
    assert 0 < asked < len(server.asked) == 5
    assert again.json["artifacts"]["cost_usd"] == pytest.approx(5 * 6.0)


def test_a_provider_that_is_gone_ends_in_a_run_that_can_be_resumed(
    journeyman: CommandLine, remote: Path, tmp_path: Path
) -> None:
    with ProviderServer(lambda asked: Fails(429, retry_after="3600")) as server:
        configured(journeyman, server, tmp_path)
        done = journeyman("run", str(remote), *TASK, "--model", "openai:great-1")
    assert done.code == 1, done.err
    assert done.json["status"] == "failed"
    with ProviderServer(answer) as server:
        configured(journeyman, server, tmp_path)
        again = journeyman("resume", done.json["run_id"], "--json")
    assert again.code == 0, again.err


def test_the_next_model_is_asked_where_one_is_out(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    def by_protocol(asked: Asked) -> Deed:
        return answer(asked) if asked.anthropic else Fails(429, retry_after="3600")

    with ProviderServer(by_protocol) as server:
        configured(journeyman, server, tmp_path)
        settings = tmp_path / "settings.yaml"
        settings.write_text(settings.read_text().replace('"fallbacks": []', '"fallbacks": ["anthropic:great-1"]'))
        done = journeyman("run", str(remote), *TASK, "--model", "openai:great-1")
    assert done.code == 0, done.err
    assert done.json["artifacts"]["llm_calls"] == 5


def test_the_base_branch_says_how_to_work_and_what_to_check(journeyman: CommandLine, tmp_path: Path) -> None:
    rules = {
        "AGENTS.md": "Speak of parcels, not of packages.",
        ".journeyman.yaml": "checks: {arithmetic: python3 -m pytest -q tests}\n",
    }
    remote = make_remote(tmp_path / "with-rules", {**BROKEN, **rules})
    words = ("--task", "Mend the sum", "--mode", "bugfix", "--json", "--model", "local:great-1")
    with ProviderServer(answer) as server:
        configured(journeyman, server, tmp_path)
        done = journeyman("run", str(remote), *words)
    assert done.code == 0, done.err
    planner, coder = server.asked[0], server.asked[1]
    assert b"Speak of parcels" in planner.raw
    assert b"Speak of parcels" in coder.raw
    assert b"arithmetic: python3 -m pytest -q tests" in coder.raw
    assert "checks: arithmetic; failing before the change: arithmetic" in done.err


def test_a_secret_in_the_change_is_not_delivered(journeyman: CommandLine, remote: Path, tmp_path: Path) -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx\n-----END RSA PRIVATE KEY-----\n"

    def careless(asked: Asked) -> Deed:
        deed = answer(asked)
        assert isinstance(deed, Says)
        return Says(calls=[EDIT, call("write_file", path="deploy.pem", content=key)]) if deed.calls else deed

    with ProviderServer(careless) as server:
        configured(journeyman, server, tmp_path)
        done = journeyman("run", str(remote), *TASK, "--model", "local:great-1")
    assert done.code == 1
    assert done.json["status"] == "escalated"
    assert "[secret" in journeyman("logs", done.json["run_id"]).out
    assert git(remote, "branch", "--list", "--format=%(refname:short)") == "main"
