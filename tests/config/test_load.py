"""The environment as a mapping that is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.config import load
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
