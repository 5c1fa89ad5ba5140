from __future__ import annotations

import json
import stat
from multiprocessing import get_context
from pathlib import Path

import pytest

from journeyman.domain.errors import BadSettings
from journeyman.domain.request import Credentials, CredentialType
from journeyman.store.secrets import KnownSecrets, SecretFile

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


def test_one_run_s_secrets_and_those_of_all(tmp_path: Path) -> None:
    kept = SecretFile(tmp_path / "secrets.json")
    known = KnownSecrets(["settings-secret-1"], kept)
    assert known.stored("settings-secret-1 canary-of-run-2") == "[redacted] canary-of-run-2"
    kept.keep("r2", Credentials(CredentialType.ACCESS_TOKEN, access_token="canary-of-run-2"))
    assert known.of("r1").text("settings-secret-1 canary-of-run-2") == "[redacted] canary-of-run-2"
    assert known.of("r2").text("settings-secret-1 canary-of-run-2") == "[redacted] [redacted]"
    assert known.stored("settings-secret-1 canary-of-run-2") == "[redacted] [redacted]"
    kept.forget("r2")
    assert known.stored("canary-of-run-2") == "[redacted]", "what was met once stays known to this process"
    assert known.of("r2") is known.of("r2")


def test_a_key_that_is_named_by_its_path_is_known_too(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIB\n")
    kept = SecretFile(tmp_path / "secrets.json")
    kept.keep("r1", Credentials(CredentialType.KEY_CERT, private_key_path=str(tmp_path / "key")))
    kept.keep("r2", Credentials(CredentialType.KEY_CERT, private_key_path="/nonexistent", key_password="hunter22"))
    known = KnownSecrets([], kept)
    assert known.of("r1").text("<MIGHAgEAMBMGByqGSM49AgEGCCqG>") == "<[redacted]>"
    assert known.of("r2").text("<hunter22>") == "<[redacted]>"


def test_what_is_stored_as_json_stays_json(tmp_path: Path) -> None:
    known = KnownSecrets(['say "ghp_0123456789abcdef"'], SecretFile(tmp_path / "secrets.json"))
    text = json.dumps({"a": 'say "ghp_0123456789abcdef"', "b": ["x"]})
    assert json.loads(known.stored(text)) == {"a": "[redacted]", "b": ["x"]}
