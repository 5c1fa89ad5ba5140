"""The settings file: whatever is in it, settings or BadSettings come out."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journeyman.config import McpServer, Price, Settings, load, parse_settings
from journeyman.domain.conversation import Role
from journeyman.domain.errors import BadSettings
from journeyman.domain.spending import Allowance

WHOLE = """
model: anthropic:claude
models: {planner: "openai:big", coder: "local:small"}
fallbacks: ["openai:other"]
prices: {"openai:big": {input_per_million: 1.5, output_per_million: 6}}
windows: {"local:small": 32000}
budget_usd: 2
author: {name: Ada, email: ada@example.org}
sandbox: {memory_mb: 4096, install_hosts: [packages.example.org]}
mcp_servers:
  tickets: {command: [tickets, --stdio]}
  wiki: {url: "https://wiki.example.org/mcp"}
webhook_url: https://hooks.example.org/${TEAM:-all}
webhook_secret: ${SECRET}
"""


def test_a_whole_file() -> None:
    settings = parse_settings(WHOLE, {"SECRET": "s3cret-value"})
    assert settings.models == {Role.PLANNER: "openai:big", Role.CODER: "local:small"}
    assert settings.prices == {"openai:big": Price(1.5, 6)}
    assert (settings.budget_usd, settings.author.name, settings.sandbox.processes) == (2.0, "Ada", None)
    assert settings.mcp_servers["tickets"] == McpServer(command=("tickets", "--stdio"))
    assert (settings.webhook_url, settings.webhook_secret) == ("https://hooks.example.org/all", "s3cret-value")


def test_limits() -> None:
    text = "limits: {run: {usd: 2, tokens: 90000}, day: {usd: 20.5}, project: {tokens: 5000000}}"
    limits = parse_settings(text, {}).limits
    assert (limits.run, limits.day, limits.project) == (
        Allowance(2.0, 90_000),
        Allowance(20.5),
        Allowance(tokens=5_000_000),
    )


@pytest.mark.parametrize(
    ("text", "run"),
    [
        ("budget_usd: 3", Allowance(3.0)),
        ("{budget_usd: 3, limits: {run: {tokens: 9}}}", Allowance(3.0, 9)),
        ("{budget_usd: 3, limits: {run: {usd: 4}}}", Allowance(4.0)),
    ],
)
def test_the_short_way_to_name_a_budget(text: str, run: Allowance, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(text)
    assert load({"JOURNEYMAN_CONFIG": str(tmp_path / "s.yaml"), "JOURNEYMAN_HOME": str(tmp_path)}).run_limits == run


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "---\n...\n"])
def test_an_empty_file_is_the_defaults(text: str) -> None:
    assert parse_settings(text, {}) == Settings()


@pytest.mark.parametrize(
    ("text", "env", "model"),
    [
        ("model: ${M}", {"M": "openai:a"}, "openai:a"),
        ("model: openai:${M}-${N:-mini}", {"M": "a"}, "openai:a-mini"),
        ("model: ${M:-none}", {}, "none"),
        ("model: ${M:-none}", {"M": ""}, "none"),
        ("model: ${M:-}", {}, ""),
        ("model: ${M:-local:a}", {"M": "b: ${N}\nbudget_usd: 1"}, "b: ${N}\nbudget_usd: 1"),
        ("model: $M ${} ${1}", {}, "$M ${} ${1}"),
    ],
)
def test_placeholders(text: str, env: dict[str, str], model: str) -> None:
    assert parse_settings(text, env) == Settings(model=model)


def test_a_number_may_come_from_the_environment() -> None:
    settings = parse_settings("{budget_usd: '${B}', windows: {a: '${W:-8000}'}}", {"B": "2.5"})
    assert (settings.budget_usd, settings.windows) == (2.5, {"a": 8000})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model: ${M}", "${M}, which is not set: set M, or write ${M:-default}"),
        ("model: ${M}", "which is not set"),
        ("modle: x", "unknown field `modle`"),
        ("budget_usd: much", "budget_usd"),
        ("budget_usd: .nan", "budget_usd"),
        ("budget_usd: 0", "budget_usd"),
        ("limits: {day: {usd: -1}}", "$.limits.day.usd"),
        ("limits: {project: {tokens: 0}}", "$.limits.project.tokens"),
        ("limits: {project: {tokens: 1.5}}", "$.limits.project.tokens"),
        ("limits: {day: {usd: .inf}}", "$.limits.day.usd"),
        ("limits: {week: {usd: 1}}", "unknown field `week`"),
        ("limits: {day: {euro: 1}}", "unknown field `euro`"),
        ("prices: {a: {input_per_million: -1, output_per_million: 1}}", "input_per_million"),
        ("models: {painter: x}", "painter"),
        ("prices: {a: {input_per_million: 1}}", "output_per_million"),
        ("sandbox: {memory: 1}", "unknown field `memory` - at `$.sandbox`"),
        ("mcp_servers: {a: {command: run it}}", "$.mcp_servers[...].command"),
        ("engine: dbos", "$.engine"),
        ("worker: {at_once: 0}", "$.worker.at_once"),
        ("- a", "Expected `object`, got `array`"),
        ("model: [", "are not YAML"),
        ("a: b: c", "in line 1"),
        ("model: !!int x", "are not YAML"),
        ("model: !!int ''", "are not YAML"),
        ("model: !!bool x", "are not YAML"),
        ("model: !!timestamp x", "are not YAML"),
        ("model: 2001-99-99", "are not YAML"),
        ("model: !!python/object:os.system {}", "are not YAML"),
        ("model: \x07", "special characters are not allowed"),
        ("&a [*a]", "the settings"),
        ("[" * 500, "the settings"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(text: str, words: str) -> None:
    with pytest.raises(BadSettings) as caught:
        parse_settings(text, {})
    assert words in caught.value.line()
    assert caught.value.advice
    assert "\n" not in caught.value.message


def test_a_fault_of_the_file_does_not_show_what_stands_around_it() -> None:
    with pytest.raises(BadSettings) as caught:
        parse_settings("webhook_secret: s3cret-value: x", {})
    assert "s3cret" not in caught.value.line()


@given(some.text())
def test_any_text(text: str) -> None:
    parsed(text)


values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5) | some.just("${HOME}"),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(some.dictionaries(some.sampled_from(list(Settings.__struct_fields__)), values))
def test_any_values(document: dict[str, object]) -> None:
    parsed(json.dumps(document))


def parsed(text: str) -> None:
    with suppress(BadSettings):
        assert isinstance(parse_settings(text, {"HOME": "x"}), Settings)


def test_docker_and_its_limits() -> None:
    text = "sandbox: {backend: docker, image: 'python:3.13', runtime: runsc, cpus: 1.5, memory_mb: 512, disk_mb: 100}"
    asked = parse_settings(text, {}).sandbox
    assert (asked.backend, asked.image, asked.runtime) == ("docker", "python:3.13", "runsc")
    assert (asked.cpus, asked.memory_mb, asked.disk_mb, asked.files) == (1.5, 512, 100, None)


@pytest.mark.parametrize(
    "text",
    [
        "{backend: podman}",
        "{runtime: runsc}",
        "{image: 'python:3.12'}",
        "{memory_mb: 0}",
        "{cpus: -1}",
        "{files: many}",
    ],
)
def test_a_sandbox_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match="sandbox"):
        parse_settings(f"sandbox: {text}", {})
