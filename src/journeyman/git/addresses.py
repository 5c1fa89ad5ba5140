"""What a REPO may be: a path, or a file, https or ssh address. Parses text; touches nothing."""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from journeyman.domain.errors import RepositoryRefused

KINDS = "give a path, or a file, https or ssh address"
RIGHT_WAY = "put them in the request's credentials, or set GITHUB_TOKEN"
DEFAULT_PORTS = {"https": 443, "http": 80, "ssh": 22}

_HELPER = re.compile(r"^[A-Za-z0-9][A-Za-z0-9+.-]*::")
_SCP_LIKE = re.compile(r"^(?:(?P<user>[^@:/]*)@)?(?P<host>\[[^\]]*\]|[^:/@\[\]]+):(?P<path>.*)$", re.DOTALL)
_HOST = re.compile(r"^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?$")
_USER = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9._+-]*$")


class Transport(StrEnum):
    """How git reaches a remote; the value is git's own name of the protocol."""

    LOCAL = "file"
    HTTPS = "https"
    HTTP = "http"
    SSH = "ssh"


class Address(msgspec.Struct, frozen=True):
    """Where a repository is. `url` is what git is given; for a local one it is the path as it was written."""

    transport: Transport
    url: str
    host: str = ""
    port: int = 0
    user: str = ""

    @property
    def web(self) -> bool:
        """Whether it is reached over HTTP."""
        return self.transport in (Transport.HTTPS, Transport.HTTP)


def parse_address(text: str) -> Address:
    """Return the address a REPO names. RepositoryRefused, with what to write instead, if it may not be used."""
    if not text.strip():
        raise RepositoryRefused("no repository is named", KINDS)
    shown = _printable(text)
    if shown != text:
        raise RepositoryRefused(f"control characters in the repository's address '{shown}'", KINDS)
    if text.startswith("-"):
        raise RepositoryRefused(
            f"'{shown}' looks like an option, not like a repository", f"{KINDS}, such as ./{shown}"
        )
    if _HELPER.match(text):
        raise RepositoryRefused(f"git's remote helpers ('{text.split('::')[0]}::') are not allowed", KINDS)
    if "://" in text:
        return _from_url(text)
    if (scp := _SCP_LIKE.match(text)) and not text.startswith((".", "/", "~")):
        return _from_scp(text, scp)
    return Address(Transport.LOCAL, text)


def local_path(written: str) -> Path:
    """Return a local repository's absolute path. RepositoryRefused if it names the home of nobody."""
    try:
        return Path(written).expanduser().absolute()
    except RuntimeError:
        raise RepositoryRefused(f"there is no home for {written}", "check the path") from None


def _from_url(text: str) -> Address:
    scheme = text.split("://", 1)[0].lower()
    if scheme not in ("file", "https", "http", "ssh"):
        raise RepositoryRefused(f"addresses that start with '{scheme[:20]}://' are not supported", KINDS)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise RepositoryRefused("the repository's address cannot be read", KINDS) from error
    if scheme == "file":
        return _from_file_url(parts)
    if parts.password is not None or (parts.username is not None and scheme != "ssh"):
        raise RepositoryRefused("credentials inside the repository's address", RIGHT_WAY)
    host = parts.hostname or ""
    _check_host(host)
    if not parts.path.strip("/"):
        raise RepositoryRefused(f"no repository is named at {host}", "write the whole address")
    if parts.query or parts.fragment:
        raise RepositoryRefused(
            "the repository's address has a '?' or a '#'", "give the address that git clones from"
        )
    if scheme == "http" and not _is_loopback(host):
        raise RepositoryRefused("http is not encrypted", f"use https://{_bracketed(host)}{parts.path}")
    user = parts.username or ""
    _check_user(user)
    return Address(Transport(scheme), text, host, port or DEFAULT_PORTS[scheme], user)


def _from_file_url(parts: SplitResult) -> Address:
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise RepositoryRefused("a file address needs an absolute path", "write file:///path/to/repository")
    path = unquote(parts.path)
    if _printable(path) != path:
        raise RepositoryRefused("control characters in the repository's address", KINDS)
    return Address(Transport.LOCAL, path)


def _from_scp(text: str, match: re.Match[str]) -> Address:
    host = match["host"].strip("[]")
    user = match["user"] or ""
    if match["user"] is not None and not user:
        raise RepositoryRefused("the repository's address has an empty user", KINDS)
    if "@" in match["path"].split("/")[0]:
        raise RepositoryRefused("credentials inside the repository's address", RIGHT_WAY)
    _check_host(host)
    _check_user(user)
    if not match["path"].strip("/") or match["path"].startswith("-"):
        raise RepositoryRefused(f"no repository is named at {host}", "write the whole address")
    return Address(Transport.SSH, text, host, DEFAULT_PORTS["ssh"], user)


def _check_host(host: str) -> None:
    if not (_HOST.match(host) or _is_ip(host)):
        raise RepositoryRefused("the repository's address has no valid host name", KINDS)


def _check_user(user: str) -> None:
    if user and not _USER.match(user):
        raise RepositoryRefused("the repository's address has no valid user name", KINDS)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _printable(text: str) -> str:
    return "".join(
        "?" if ord(sign) < 32 or 127 <= ord(sign) < 160 or sign in "\u2028\u2029" else sign for sign in text
    )
