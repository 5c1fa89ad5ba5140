"""Over HTTP: git's own back end behind basic authentication."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from journeyman.domain.errors import JourneymanError, PushRejected, RemoteOutage, RepositoryRefused
from journeyman.domain.request import Credentials, CredentialType, Repository
from journeyman.git import Author
from journeyman.git.workspaces import GitRepositories

from .repos import git, write
from .servers import GitOverHttp

ACCESS, LOGIN, KEY = CredentialType.ACCESS_TOKEN, CredentialType.USERNAME_PASSWORD, CredentialType.KEY_CERT
AT = datetime(2026, 11, 20, tzinfo=UTC)


async def deliver(repositories: GitRepositories, repository: Repository) -> str:
    """Go the whole way, from the probe to the push."""
    workspace = await repositories.prepare("r", repository, await repositories.probe(repository))
    write(workspace.tree, {"a": "a\n" * 100_000})
    commit = await workspace.commit(await workspace.snapshot(), "Add a", Author(), AT)
    await workspace.push(commit, "feat/a")
    return commit


def spellings(secret: str, login: str) -> tuple[bytes, ...]:
    """Return what must be seen nowhere."""
    return secret.encode(), base64.b64encode(login.encode()), login.encode()


def leftovers(folder: Path, words: tuple[bytes, ...]) -> list[str]:
    """Return the files that hold one of the words."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(word in path.read_bytes() for word in words)]


def by_password(secret: str) -> tuple[Credentials, str]:
    return Credentials(LOGIN, username="ada", password=secret), f"ada:{secret}"


def by_token(secret: str) -> tuple[Credentials, str]:
    return Credentials(ACCESS, access_token=secret), f"x-access-token:{secret}"


@pytest.mark.parametrize("kind", [by_password, by_token])
async def test_the_whole_way_and_no_trace_of_the_secret(
    repositories: GitRepositories, http: GitOverHttp, home: Path, kind: Callable[[str], tuple[Credentials, str]]
) -> None:
    secret = f"p%: \"'\\é{secrets.token_hex(12)}"
    credentials, http.login = kind(secret)
    http.watch = spellings(secret, http.login)
    commit = await deliver(repositories, Repository(http.url(), "main", credentials))
    assert git(http.folder / "private/project.git", "rev-parse", "feat/a") == commit
    assert len(http.requests) >= 5
    assert http.seen == []
    assert leftovers(home, http.watch) == []


async def test_the_watch_of_these_tests_sees(http: GitOverHttp, repositories: GitRepositories) -> None:
    http.watch = (b"ls-remote", b"GIT_TERMINAL_PROMPT")
    await repositories.probe(Repository(http.url("public")))
    assert {place.split("/")[1] for place in http.seen} == {"cmdline", "environ"}


@pytest.mark.parametrize(
    "credentials",
    [Credentials(ACCESS, access_token="ghp_wrong"), Credentials(LOGIN, username="a", password="wrong-one")],
)
async def test_wrong_credentials_are_refused_and_not_repeated(
    repositories: GitRepositories, http: GitOverHttp, credentials: Credentials
) -> None:
    with pytest.raises(RepositoryRefused, match=r"127\.0\.0\.1 refused the credentials") as refused:
        await repositories.probe(Repository(http.url(), "main", credentials))
    assert "wrong" not in refused.value.line()


async def test_missing_credentials_name_the_way_to_give_them(
    repositories: GitRepositories, http: GitOverHttp
) -> None:
    with pytest.raises(RepositoryRefused, match="wants credentials") as refused:
        await repositories.probe(Repository(http.url()))
    assert "GITHUB_TOKEN" in refused.value.advice


async def test_a_public_repository_needs_none(repositories: GitRepositories, http: GitOverHttp) -> None:
    repository = Repository(http.url("public"))
    workspace = await repositories.prepare("r", repository, await repositories.probe(repository))
    assert (workspace.tree / "README.md").exists()


async def test_reading_is_not_pushing(repositories: GitRepositories, http: GitOverHttp) -> None:
    git(http.folder / "public/project.git", "config", "http.receivepack", "false")
    with pytest.raises(PushRejected, match="does not let"):
        await deliver(repositories, Repository(http.url("public")))


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/public/absent.git", RepositoryRefused, "there is no git repository"),
        ("/broken/project.git", RemoteOutage, "503"),
    ],
)
async def test_what_the_server_says_becomes_our_word(
    repositories: GitRepositories, http: GitOverHttp, path: str, error: type[JourneymanError], words: str
) -> None:
    with pytest.raises(error, match=words):
        await repositories.probe(Repository(f"http://127.0.0.1:{http.port}{path}"))


async def test_credentials_do_not_follow_a_redirection(repositories: GitRepositories, http: GitOverHttp) -> None:
    moved = http.url("moved")
    assert (await repositories.probe(Repository(moved))).branch == "main"
    with pytest.raises(RepositoryRefused, match="redirects elsewhere"):
        await repositories.probe(Repository(moved, "main", Credentials(ACCESS, access_token="ghp_secret")))
    assert http.requests[-1].startswith("/moved/")


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        (Credentials(KEY, private_key="x"), "SSH key does not fit"),
        (Credentials(ACCESS), "incomplete"),
        (Credentials(LOGIN, username="ada"), "incomplete"),
        (Credentials(LOGIN, username="a:b", password="secret"), "':'"),
    ],
)
async def test_credentials_that_do_not_fit_are_refused(
    repositories: GitRepositories, http: GitOverHttp, credentials: Credentials, words: str
) -> None:
    with pytest.raises(RepositoryRefused, match=words) as refused:
        await repositories.probe(Repository(http.url(), "main", credentials))
    assert refused.value.advice


async def test_a_persons_own_settings_have_no_say(http: GitOverHttp, tmp_path: Path, home: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password correct-horse\n")
    (tmp_path / ".gitconfig").write_text('[url "http://127.0.0.1:1/"]\n\tinsteadOf = http://127.0.0.1\n')
    repositories = GitRepositories(
        home, known_hosts=[], passed_on={"HOME": str(tmp_path), "GIT_TERMINAL_PROMPT": "1"}
    )
    with pytest.raises(RepositoryRefused, match="wants credentials"):
        await repositories.probe(Repository(http.url()))
