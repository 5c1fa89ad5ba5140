"""How credentials reach git and ssh: in memory files that only this user's processes can open.

Nothing secret stands in an argument list, in the environment, in a repository's configuration or on a disk:
what git and ssh are told is a path below `/proc/<pid>/fd`, and the file ends with this process.
"""

from __future__ import annotations

import base64
import binascii
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from journeyman.domain.errors import RepositoryRefused
from journeyman.domain.request import Credentials, CredentialType
from journeyman.git.addresses import Address, Transport

CONNECT_SECONDS = 10
ASKPASS = '#!/bin/sh\nexec cat "$JOURNEYMAN_ASKPASS_FILE"\n'


class Keyring:
    """Knows the host keys that count (`known_hosts`), and where to keep the program that answers ssh (`home`)."""

    def __init__(self, home: Path, known_hosts: Sequence[Path]) -> None:
        self._askpass = home / "askpass"
        self.known_hosts = tuple(known_hosts)

    @contextmanager
    def opened(self, address: Address, credentials: Credentials | None) -> Iterator[dict[str, str]]:
        """Yield the variables that let git reach an address. RepositoryRefused if they do not fit each other."""
        with ExitStack() as stack:
            if address.web:
                yield _for_web(stack, address, credentials)
            elif address.transport is Transport.SSH:
                yield self._for_ssh(stack, address, credentials)
            else:
                yield {}

    def _for_ssh(self, stack: ExitStack, address: Address, credentials: Credentials | None) -> dict[str, str]:
        variables = {"GIT_SSH_VARIANT": "ssh"}
        options = _ssh_options(self.known_hosts)
        if credentials is not None:
            options += _identity(stack, address, credentials)
        if credentials is not None and credentials.key_password:
            variables |= {
                "SSH_ASKPASS": str(self._answering_program()),
                "SSH_ASKPASS_REQUIRE": "force",
                "JOURNEYMAN_ASKPASS_FILE": _in_memory(stack, credentials.key_password + "\n"),
            }
        else:
            options += ["-o", "BatchMode=yes"]
        return variables | {"GIT_SSH_COMMAND": shlex.join(["ssh", *options])}

    def _answering_program(self) -> Path:
        if not self._askpass.exists():
            self._askpass.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._askpass.with_name(f"askpass.{os.getpid()}")
            fresh.write_text(ASKPASS)
            fresh.chmod(0o700)
            fresh.replace(self._askpass)
        return self._askpass


def _for_web(stack: ExitStack, address: Address, credentials: Credentials | None) -> dict[str, str]:
    if credentials is None:
        return {}
    base = address.url.split("://", 1)[0] + "://" + address.url.split("://", 1)[1].split("/", 1)[0] + "/"
    pair = base64.b64encode(_web_login(credentials).encode()).decode()
    # A followed redirection would carry the header to another host.
    settings = f'[http "{base}"]\n\textraHeader = "Authorization: Basic {pair}"\n[http]\n\tfollowRedirects = false\n'
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "include.path",
        "GIT_CONFIG_VALUE_0": _in_memory(stack, settings),
    }


def _web_login(credentials: Credentials) -> str:
    match credentials.credential_type:
        case CredentialType.ACCESS_TOKEN if credentials.access_token:
            return f"{credentials.username or 'x-access-token'}:{credentials.access_token}"
        case CredentialType.USERNAME_PASSWORD if credentials.username and credentials.password:
            if ":" in credentials.username:
                raise RepositoryRefused("a user name cannot contain ':'", "check repository.credentials.username")
            return f"{credentials.username}:{credentials.password}"
        case CredentialType.KEY_CERT:
            raise RepositoryRefused("an SSH key does not fit an https address", "use ssh://… or an access token")
    raise RepositoryRefused(
        f"the {credentials.credential_type} credentials are incomplete", "fill in repository.credentials"
    )


def _ssh_options(known_hosts: Sequence[Path]) -> list[str]:
    files = " ".join(f'"{path}"' for path in known_hosts if path.exists()) or "/dev/null"
    settings = {
        "UserKnownHostsFile": files,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "PreferredAuthentications": "publickey",
        "NumberOfPasswordPrompts": "1",
        "ConnectTimeout": str(CONNECT_SECONDS),
        "ServerAliveInterval": "15",
        "ForwardAgent": "no",
        "LogLevel": "INFO",
    }
    return ["-F", "/dev/null", *(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))]


def _identity(stack: ExitStack, address: Address, credentials: Credentials) -> list[str]:
    if credentials.credential_type is not CredentialType.KEY_CERT:
        advice = f"use an https address of {address.host}, or an SSH key"
        raise RepositoryRefused(f"the {credentials.credential_type} credentials do not fit an ssh address", advice)
    key = _private_key(credentials)
    if is_encrypted(key) and not credentials.key_password:
        raise RepositoryRefused("the private key has a passphrase", "give it as repository.credentials.key_password")
    options = ["-i", _in_memory(stack, key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"]
    if credentials.username and not address.user:
        options += ["-l", credentials.username]
    certificate = Path(f"{credentials.private_key_path}-cert.pub")
    if credentials.private_key_path and certificate.exists():
        options += ["-o", f"CertificateFile={certificate}"]
    return options


def _private_key(credentials: Credentials) -> str:
    text = credentials.private_key
    if text is None and credentials.private_key_path:
        try:
            text = Path(credentials.private_key_path).expanduser().read_text()
        except (OSError, UnicodeDecodeError, RuntimeError) as error:
            problem = f"the private key {credentials.private_key_path} cannot be read"
            raise RepositoryRefused(problem, "check repository.credentials.private_key_path") from error
    if not text or "PRIVATE KEY-----" not in text:
        raise RepositoryRefused(
            "there is no private key in the credentials", "give the whole file, in OpenSSH format"
        )
    return text.replace("\r\n", "\n").strip() + "\n"


def is_encrypted(key: str) -> bool:
    """Return whether a private key's text needs a passphrase."""
    if "ENCRYPTED" in key:
        return True
    body = "".join(line for line in key.splitlines() if "-----" not in line)
    try:
        raw = base64.b64decode(body)
    except (binascii.Error, ValueError):
        return False
    magic = b"openssh-key-v1\0"
    start = len(magic) + 4
    return raw.startswith(magic) and raw[start : start + 4] != b"none"


def _in_memory(stack: ExitStack, text: str) -> str:
    """Return the path of a file that exists in memory, for this user only, until the stack closes."""
    handle = os.memfd_create("credentials", os.MFD_CLOEXEC)
    stack.callback(os.close, handle)
    os.fchmod(handle, 0o600)
    with open(handle, "w", closefd=False) as file:
        file.write(text)
    return f"/proc/{os.getpid()}/fd/{handle}"
