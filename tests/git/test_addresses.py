from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.errors import RepositoryRefused
from journeyman.git.addresses import Address, Transport, parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".", Address(Transport.LOCAL, ".")),
        ("/srv/a b/project", Address(Transport.LOCAL, "/srv/a b/project")),
        ("./host:path", Address(Transport.LOCAL, "./host:path")),
        ("../project", Address(Transport.LOCAL, "../project")),
        ("file:///srv/a%20b", Address(Transport.LOCAL, "/srv/a b")),
        ("https://example.org/a/b.git", Address(Transport.HTTPS, "https://example.org/a/b.git", "example.org", 443)),
        ("https://[::1]:8443/a", Address(Transport.HTTPS, "https://[::1]:8443/a", "::1", 8443)),
        ("http://127.0.0.1:80/a", Address(Transport.HTTP, "http://127.0.0.1:80/a", "127.0.0.1", 80)),
        ("http://localhost/a", Address(Transport.HTTP, "http://localhost/a", "localhost", 80)),
        ("ssh://git@ex.org:2222/a", Address(Transport.SSH, "ssh://git@ex.org:2222/a", "ex.org", 2222, "git")),
        ("git@example.org:a/b.git", Address(Transport.SSH, "git@example.org:a/b.git", "example.org", 22, "git")),
        ("example.org:a.git", Address(Transport.SSH, "example.org:a.git", "example.org", 22)),
    ],
)  # fmt: skip
def test_what_a_repository_may_be(text: str, expected: Address) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "path"),
        ("   ", "path"),
        ("--upload-pack=touch /tmp/x", "option"),
        ("-oProxyCommand=x", "option"),
        ("ext::sh -c id", "remote helpers"),
        ("fd::17", "remote helpers"),
        ("transport::https://example.org/a", "remote helpers"),
        ("ext::https://example.org/a", "remote helpers"),
        ("git://example.org/a", "git://"),
        ("ftp://example.org/a", "ftp://"),
        ("http://example.org/a", "https://example.org/a"),
        ("https://ada:secret@example.org/a", "GITHUB_TOKEN"),
        ("https://ghp_secret@example.org/a", "GITHUB_TOKEN"),
        ("ssh://ada:secret@example.org/a", "GITHUB_TOKEN"),
        ("ada:secret@example.org:a", "GITHUB_TOKEN"),
        ("https:///a", "host"),
        ("https://example.org", "whole address"),
        ("https://example.org/a?x=1", "?"),
        ("https://example.org:port/a", "cannot be read"),
        ("ssh://-oProxyCommand=x/a", "host"),
        ("-oProxyCommand=x:a", "option"),
        ("git@-oProxyCommand=x:a", "host"),
        ("ssh://-x@example.org/a", "user"),
        ("ssh://exa mple.org/a", "host"),
        ("file://elsewhere/a", "file:///"),
        ("file:///a%0ab", "control"),
        ("/a\nb", "control"),
        ("https://example.org/a\x1b[0m", "control"),
    ],
)
def test_what_it_may_not_be_and_the_right_way(text: str, word: str) -> None:
    with pytest.raises(RepositoryRefused) as refused:
        parse_address(text)
    line = refused.value.line()
    assert word in line
    assert refused.value.advice
    assert "secret" not in line
    assert line.isprintable()


@given(st.text())
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    read = refusal = None
    try:
        read = parse_address(text)
    except RepositoryRefused as refused:
        refusal = refused.line()
    assert refusal is None or (refusal and "\n" not in refusal)
    assert read is None or not (read.url.startswith("-") or read.host.startswith("-") or "\0" in read.url)


@given(
    st.sampled_from(["https", "http", "ssh"]),
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9%]{6,20}", fullmatch=True),
)
def test_a_password_in_a_url_is_refused_and_not_repeated(scheme: str, user: str, password: str) -> None:
    with pytest.raises(RepositoryRefused) as refused:
        parse_address(f"{scheme}://{user}:{password}@git.invalid/a")
    assert password not in refused.value.line().replace(refused.value.advice, "")


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9+.-]{0,9}", fullmatch=True), st.text())
def test_every_remote_helper_is_refused(helper: str, rest: str) -> None:
    with pytest.raises(RepositoryRefused):
        parse_address(f"{helper}::{rest}")
