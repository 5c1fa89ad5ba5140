"""Over SSH: a real sshd on loopback."""

from __future__ import annotations

import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from journeyman.domain.errors import RepositoryRefused
from journeyman.domain.request import Credentials, CredentialType, Repository
from journeyman.git import Author
from journeyman.git.credentials import is_encrypted
from journeyman.git.workspaces import GitRepositories

from .repos import git, write
from .servers import GitOverSsh

AT = datetime(2026, 11, 20, tzinfo=UTC)


def key(**fields: str | None) -> Credentials:
    return Credentials(CredentialType.KEY_CERT, **fields)


@pytest.fixture
def trusting(home: Path, ssh: GitOverSsh) -> GitRepositories:
    """Knows the server's host key, by the second of two files."""
    return GitRepositories(home, known_hosts=[home / "known_hosts", ssh.known_hosts(home / "my hosts")])


async def deliver(repositories: GitRepositories, repository: Repository) -> str:
    workspace = await repositories.prepare("r", repository, await repositories.probe(repository))
    write(workspace.tree, {"a": "a"})
    commit = await workspace.commit(await workspace.snapshot(), "Add a", Author(), AT)
    await workspace.push(commit, "feat/a")
    return commit


@pytest.mark.parametrize(
    ("by", "passphrase"),
    [("value", None), ("path", None), ("windows value", GitOverSsh.PASSPHRASE), ("path", GitOverSsh.PASSPHRASE)],
)
async def test_the_whole_way_with_a_key(
    trusting: GitRepositories, ssh: GitOverSsh, bare: Path, by: str, passphrase: str | None
) -> None:
    path = ssh.locked if passphrase else ssh.plain
    text = path.read_text()
    given = {
        "value": key(private_key=text.strip(), key_password=passphrase),
        "path": key(private_key_path=str(path), key_password=passphrase),
        "windows value": key(private_key=text.replace("\n", "\r\n"), key_password=passphrase),
    }[by]
    commit = await deliver(trusting, Repository(ssh.url(bare), "main", given))
    assert git(bare, "rev-parse", "feat/a") == commit


async def test_no_process_shows_the_key_or_its_passphrase(
    home: Path, ssh: GitOverSsh, bare: Path, tmp_path: Path
) -> None:
    log, tools = tmp_path / "log", tmp_path / "tools"
    tools.mkdir()
    wrapper = tools / "ssh"
    wrapper.write_text(
        f'#!/bin/sh\ncat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >> {log} 2>/dev/null\nexec /usr/bin/ssh "$@"\n'
    )
    wrapper.chmod(0o755)
    repositories = GitRepositories(
        home, known_hosts=[ssh.known_hosts(home / "known_hosts")], search_path=f"{tools}:/usr/bin:/bin"
    )
    text = ssh.locked.read_text()
    await deliver(repositories, Repository(ssh.url(bare), "main", key(private_key=text, key_password=ssh.PASSPHRASE)))
    words = [ssh.PASSPHRASE.encode(), *(line.encode() for line in text.splitlines()[1:-1])]
    assert b"ls-remote" in log.read_bytes()
    assert b"SSH_ASKPASS" in log.read_bytes()
    places = [log, *(path for path in home.rglob("*") if path.is_file())]
    assert [path for path in places for word in words if word in path.read_bytes()] == []
    assert stat.S_IMODE((home / "askpass").stat().st_mode) == 0o700


async def test_an_unknown_host_key_is_refused_and_the_cure_is_named(home: Path, ssh: GitOverSsh, bare: Path) -> None:
    repositories = GitRepositories(home, known_hosts=[home / "known_hosts"])
    with pytest.raises(RepositoryRefused, match=r"host key of 127\.0\.0\.1 is not known") as refused:
        await repositories.probe(Repository(ssh.url(bare), "main", key(private_key=ssh.plain.read_text())))
    assert f"ssh-keyscan -p {ssh.port} 127.0.0.1 >> {home}/known_hosts" in refused.value.advice
    assert not (home / "known_hosts").exists()


async def test_a_changed_host_key_is_told_apart(home: Path, ssh: GitOverSsh, bare: Path) -> None:
    repositories = GitRepositories(home, known_hosts=[ssh.known_hosts(home / "known_hosts", ssh.stranger)])
    with pytest.raises(RepositoryRefused, match="has changed"):
        await repositories.probe(Repository(ssh.url(bare), "main", key(private_key=ssh.plain.read_text())))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"private_key": "locked"}, "has a passphrase"),
        ({"private_key": "locked", "key_password": "wrong one"}, "refused the credentials.*key_password"),
        ({"private_key": "stranger"}, "refused the credentials"),
        ({"private_key": "broken"}, "cannot be read by ssh"),
        ({"private_key": None}, "no private key"),
        ({"private_key_path": "/absent/key"}, "cannot be read"),
    ],
)
async def test_keys_that_do_not_open_are_refused_in_one_line(
    trusting: GitRepositories, ssh: GitOverSsh, bare: Path, fields: dict[str, str | None], words: str
) -> None:
    name = fields.get("private_key")
    texts = {"locked": ssh.locked.read_text(), "stranger": ssh.stranger.read_text()}
    broken = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----"
    given = fields | ({"private_key": texts.get(name, broken)} if name else {})
    with pytest.raises(RepositoryRefused) as refused:
        await trusting.probe(Repository(ssh.url(bare), "main", key(**given)))
    assert re.search(words, refused.value.line())
    assert refused.value.advice
    assert "wrong one" not in refused.value.line()


async def test_what_is_no_key_does_not_fit_ssh(trusting: GitRepositories, ssh: GitOverSsh, bare: Path) -> None:
    token = Credentials(CredentialType.ACCESS_TOKEN, access_token="ghp_secret")
    with pytest.raises(RepositoryRefused, match="do not fit an ssh address"):
        await trusting.probe(Repository(ssh.url(bare), "main", token))


async def test_a_repository_that_is_not_there(trusting: GitRepositories, ssh: GitOverSsh, bare: Path) -> None:
    with pytest.raises(RepositoryRefused, match="there is no git repository"):
        await trusting.probe(Repository(ssh.url(bare / "absent"), "main", key(private_key=ssh.plain.read_text())))


async def test_a_user_may_stand_in_the_credentials(trusting: GitRepositories, ssh: GitOverSsh, bare: Path) -> None:
    url = ssh.url(bare).replace(f"{ssh.user}@", "")
    given = key(private_key=ssh.plain.read_text(), username=ssh.user)
    assert (await trusting.probe(Repository(url, "main", given))).branch == "main"


async def test_no_handle_is_left_open(trusting: GitRepositories, ssh: GitOverSsh, bare: Path) -> None:
    repository = Repository(ssh.url(bare), "main", key(private_key_path=str(ssh.plain)))
    await trusting.probe(repository)
    before = len(os.listdir("/proc/self/fd"))
    await trusting.probe(repository)
    assert len(os.listdir("/proc/self/fd")) == before


def test_an_encrypted_key_is_recognised(ssh: GitOverSsh) -> None:
    assert is_encrypted(ssh.locked.read_text())
    assert not is_encrypted(ssh.plain.read_text())
    assert is_encrypted("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----")
    assert is_encrypted("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n")
    assert not is_encrypted("-----BEGIN RSA PRIVATE KEY-----\n%%%\n")
