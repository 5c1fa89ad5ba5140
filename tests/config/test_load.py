"""The environment as a mapping that is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.config import TemporalPlace, load
from journeyman.domain.errors import BadSettings

SECRETS = {
    "OPENAI_API_KEY": "sk-openai-123456",
    "ANTHROPIC_API_KEY": "sk-ant-123456",
    "OPENROUTER_API_KEY": "sk-or-123456",
    "ELIXIR_WEBHOOK_SECRET": "hook-123456",
    "GITHUB_TOKEN": "ghp-123456",
}


def test_defaults(tmp_path: Path) -> None:
    config = load({"JOURNEYMAN_HOME": str(tmp_path)})
    assert config.home == tmp_path
    assert config.database_url == f"sqlite:///{tmp_path}/journeyman.sqlite"
    assert (config.model, config.keys, config.addresses, config.secrets) == ("none", {}, {}, ())
    assert load({}).home.is_absolute()


def test_the_environment(tmp_path: Path) -> None:
    config = load(
        {
            **SECRETS,
            "HOME": "/home/ada",
            "JOURNEYMAN_HOME": "state",
            "JOURNEYMAN_MODEL": "openai:a",
            "DATABASE_URL": "postgresql://db/journeyman",
            "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
            "JOURNEYMAN_LOCAL_URL": "http://127.0.0.1:2/v1",
            "ELIXIR_WEBHOOK_URL": "http://127.0.0.1:3/hook",
        }
    )
    assert config.home == Path.cwd() / "state"
    assert (config.model, config.database_url) == ("openai:a", "postgresql://db/journeyman")
    assert config.addresses == {"openai": "http://127.0.0.1:1/v1", "local": "http://127.0.0.1:2/v1"}
    assert set(config.keys) == {"openai", "anthropic", "openrouter"}
    assert config.known_hosts[1] == Path("/home/ada/.ssh/known_hosts")
    assert set(config.secrets) == set(SECRETS.values())


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("{model: 'local:a', webhook_secret: from-file, webhook_url: 'http://file/'}")
    config = load({"JOURNEYMAN_CONFIG": str(file)})
    assert (config.model, config.webhook_secret, config.webhook_url) == ("local:a", "from-file", "http://file/")
    config = load(
        {"JOURNEYMAN_CONFIG": str(file), "JOURNEYMAN_MODEL": "none", "ELIXIR_WEBHOOK_SECRET": "from-environment"}
    )
    assert (config.model, config.webhook_secret) == ("none", "from-environment")


@pytest.mark.parametrize(
    ("engine", "host", "expected"),
    [
        ("", "", "embedded"),
        ("", "temporal.example.org:7233", "temporal"),
        ("temporal", "", "temporal"),
        ("embedded", "temporal.example.org:7233", "embedded"),
    ],
)
def test_the_engine_is_the_settings_or_follows_the_host(
    tmp_path: Path, engine: str, host: str, expected: str
) -> None:
    (tmp_path / "settings.yaml").write_text(f"engine: '{engine}'\n")
    config = load({"JOURNEYMAN_CONFIG": str(tmp_path / "settings.yaml"), "TEMPORAL_HOST": host})
    assert config.engine == expected
    assert config.temporal == TemporalPlace(host or "localhost:7233", "default", "coding-agent")


def test_the_names_to_use_in_temporal() -> None:
    names = {"TEMPORAL_NAMESPACE": "team", "TEMPORAL_TASK_QUEUE_CODING_AGENT": "agents"}
    assert load({"TEMPORAL_HOST": "t:1", **names}).temporal == TemporalPlace("t:1", "team", "agents")


def test_white_space_alone_is_no_key() -> None:
    assert load({"OPENAI_API_KEY": " \n", "ANTHROPIC_API_KEY": " sk-1234567\n"}).keys == {"anthropic": "sk-1234567"}


def test_no_secret_in_any_representation(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("webhook_secret: hook-from-file")
    config = load({**SECRETS, "JOURNEYMAN_CONFIG": str(file), "DATABASE_URL": "postgresql://u:passw0rd@db/x"})
    for shown in (repr(config), str(config), repr(config.settings), f"{config.settings}"):
        for secret in (*SECRETS.values(), "hook-from-file", "passw0rd"):
            assert secret not in shown


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("{}/gone.yaml", "No such file or directory"),
        ("{}", "Is a directory"),
        ("{}/bytes.yaml", "is not UTF-8 text"),
        ("~nobody-of-that-name/x.yaml", "there is no such user"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"model: \xff\xfe")
    with pytest.raises(BadSettings, match=r"^JOURNEYMAN_CONFIG=") as caught:
        load({"JOURNEYMAN_CONFIG": name.format(tmp_path)})
    assert words in caught.value.message


def test_a_home_of_nobody_is_named() -> None:
    with pytest.raises(BadSettings, match="JOURNEYMAN_HOME=~nobody-of-that-name"):
        load({"JOURNEYMAN_HOME": "~nobody-of-that-name"})


def test_what_is_secret_by_its_name_or_place(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(
        "webhook_url: https://hooks.example.org/T0/abcdefghijklmnop0?key=k-1&id=7"
    )
    secret = {
        "DATABASE_URL": "postgresql://ada:data%40base-1@db/x?password=in-the-query",
        "REDIS_URL": "redis://:redis-1@host",
        "https_proxy": "http://ada:proxy-1@proxy:3128",
        "PIP_EXTRA_INDEX_URL": "https://a:index-1@one.example https://long-token-0123456789@two.example",
        "AWS_SECRET_ACCESS_KEY": "aws-1",
        "DEPLOY_TOKEN": "deploy-1",
        "npm_config__auth": "auth-1",
        "MY_PASSWORD": "my-1",
    }
    harmless = {
        "SSH_AUTH_SOCK": "/tmp/agent",
        "GPG_KEY": "/home/ada/key",
        "GIT_AUTHOR_NAME": "Ada Lovelace",
        "KEYCLOAK_URL": "https://sso.example.org/auth",
        "TOKENIZERS_PARALLELISM": "false",
        "MAX_TOKENS": "100000",
        "KEYBOARD": "keyboard-de",
        "REMOTE": "https://ada@git.example",
    }
    config = load({**secret, **harmless, "JOURNEYMAN_CONFIG": str(tmp_path / "settings.yaml")})
    assert set(config.secrets) == {
        *("data%40base-1", "data@base-1", "in-the-query", "redis-1", "proxy-1", "index-1", "long-token-0123456789"),
        *("aws-1", "deploy-1", "auth-1", "my-1", "abcdefghijklmnop0", "k-1"),
    }
