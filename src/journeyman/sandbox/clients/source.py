"""What a package client needs to reach its registry from inside a sandbox, as a value."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec

from journeyman.sandbox.contract import Mount

CERTIFICATES = "/run/journeyman/certificates.pem"
CERTIFICATE_VARIABLES = (
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "npm_config_cafile",
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
)


class Host(msgspec.Struct, frozen=True):
    """The user's side: home folder, variables, and where programs are looked for."""

    home: Path
    variables: Mapping[str, str]
    search_path: str = "/usr/local/bin:/usr/bin:/bin"

    def ask(self, *command: str) -> str:
        """Return what a package client says about its configuration; "" if it does not."""
        variables = {"PATH": self.search_path, "HOME": str(self.home), **self.variables}
        try:
            done = subprocess.run(
                command, env=variables, cwd="/", capture_output=True, text=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""


class Source(msgspec.Struct, frozen=True):
    """`hosts` are a client's defaults, `mirrors` were configured by the user and may be private."""

    hosts: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    mounts: tuple[Mount, ...] = ()
    notes: tuple[str, ...] = ()


class Address(msgspec.Struct, frozen=True):
    """A registry's address without credentials. `host` is "" for a local folder, else `name` or `name:port`."""

    url: str
    host: str
    had_password: bool = False

    def note(self) -> str:
        """Return what a person should know about it."""
        return f"{self.host}: the password in its address is not handed to the sandbox" if self.had_password else ""


def address(text: str) -> Address:
    """Return an address as it may enter a sandbox."""
    parts = urlsplit(text.removeprefix("sparse+").removeprefix("registry+"))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return Address(text, "")
    port = f":{parts.port}" if parts.port else ""
    bare = urlunsplit((parts.scheme, parts.hostname + port, parts.path, parts.query, ""))
    return Address(bare, parts.hostname + port, had_password=parts.password is not None or parts.username is not None)


def local_folder(text: str) -> Path | None:
    """Return the folder that a `file:` address or a plain path names; None for anything else."""
    path = urlsplit(text).path if text.startswith("file:") else text
    return Path(path) if path.startswith("/") and "://" not in path else None


def folder_mounts(folders: Iterable[Path]) -> tuple[Mount, ...]:
    """Return mounts that show folders where they are, those that exist and are not a whole system or home."""
    wanted = sorted({folder for folder in folders if folder.is_dir() and len(folder.parts) > 2})
    return tuple(Mount(folder, str(folder)) for folder in wanted)


def certificates(host: Host, configured: Iterable[str] = ()) -> Source:
    """Return the user's bundle of certificate authorities, if there is one, for every client to use."""
    named = (host.variables.get(name, "") for name in CERTIFICATE_VARIABLES)
    found = next((name for name in (*configured, *named) if name and Path(name).is_file()), None)
    if found is None:
        return Source()
    return Source(
        variables=dict.fromkeys(CERTIFICATE_VARIABLES, CERTIFICATES),
        mounts=(Mount(Path(found).resolve(), CERTIFICATES),),
    )


def together(*sources: Source) -> Source:
    """Return several sources as one."""
    return Source(
        hosts=tuple(dict.fromkeys(host for source in sources for host in source.hosts)),
        mirrors=tuple(dict.fromkeys(host for source in sources for host in source.mirrors)),
        variables={name: value for source in sources for name, value in source.variables.items()},
        mounts=tuple(dict.fromkeys(mount for source in sources for mount in source.mounts)),
        notes=tuple(dict.fromkeys(note for source in sources for note in source.notes)),
    )
