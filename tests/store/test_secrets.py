from __future__ import annotations

import stat
from multiprocessing import get_context
from pathlib import Path

import pytest

from journeyman.domain.errors import BadSettings
from journeyman.domain.request import Credentials, CredentialType
from journeyman.store.secrets import SecretFile

TOKEN = Credentials(CredentialType.ACCESS_TOKEN, access_token="canary-1")


def _keep_many(path: Path, name: str) -> None:
    secrets = SecretFile(path)
    for number in range(20):
        secrets.keep(f"{name}{number}", TOKEN)


def test_kept_found_and_forgotten(tmp_path: Path) -> None:
    secrets = SecretFile(tmp_path / "home" / "secrets.json")
    secrets.keep("r0", None)
    assert not (tmp_path / "home").exists()
    assert secrets.of("r1") is None
    secrets.forget("r1")
    secrets.keep("r1", TOKEN)
    secrets.keep("r2", TOKEN)
    assert SecretFile(tmp_path / "home" / "secrets.json").of("r1") == TOKEN
    secrets.forget("r1")
    assert (secrets.of("r1"), secrets.of("r2")) == (None, TOKEN)
    names = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "home").iterdir()}
    assert names == {"secrets.json": 0o600, "secrets.json.lock": 0o600}


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    secrets = SecretFile(tmp_path / "secrets.json")
    secrets.keep("r1", TOKEN)
    (tmp_path / "secrets.json").chmod(0o644)
    with pytest.raises(BadSettings, match="others may read") as refused:
        secrets.of("r1")
    assert "chmod 600" in refused.value.advice


def test_a_damaged_file_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"r1": {"credential_type": "canary')
    path.chmod(0o600)
    with pytest.raises(BadSettings) as refused:
        SecretFile(path).of("r1")
    assert "canary" not in refused.value.line()


def test_processes_do_not_lose_each_others_secrets(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    start = get_context("spawn")
    processes = [start.Process(target=_keep_many, args=(path, name)) for name in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    secrets = SecretFile(path)
    assert all(secrets.of(f"{name}{number}") == TOKEN for name in "ab" for number in range(20))
