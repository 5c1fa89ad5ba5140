"""npm, pnpm and yarn: where they take Node packages from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from journeyman.sandbox.clients.source import Host, Source, address, certificates, together


def source(host: Host) -> Source:
    """Return what is needed to install Node packages. Asks npm for its registry, which takes half a second."""
    registry = host.ask("npm", "config", "get", "registry")
    settings = dict(pair for file in files(host) for pair in pairs(file))
    scoped = {name: value for name, value in settings.items() if name.startswith("@") and name.endswith(":registry")}
    configured = "registry" in settings or any(name.lower() == "npm_config_registry" for name in host.variables)
    default = address(registry)
    addresses = [address(value) for value in scoped.values()] + ([default] if configured else [])
    variables = {"npm_config_registry": default.url} if default.host else {}
    variables |= {f"npm_config_{name}": address(value).url for name, value in scoped.items()}
    tokens = any(name.startswith("//") for name in settings)
    own = Source(
        hosts=() if configured or not default.host else (default.host,),
        mirrors=tuple(dict.fromkeys(found.host for found in addresses if found.host)),
        variables=variables,
        notes=("npm: the tokens of .npmrc are not handed to the sandbox",) if tokens else (),
    )
    return together(own, certificates(host, (settings.get("cafile", ""),)))


def files(host: Host) -> Iterator[Path]:
    """Yield npm's configuration files, the weaker first. A repository's own is not trusted."""
    yield Path("/etc/npmrc")
    named = host.variables.get("NPM_CONFIG_USERCONFIG") or host.variables.get("npm_config_userconfig")
    yield Path(named) if named else host.home / ".npmrc"


def pairs(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the settings of a file; an unreadable one says nothing."""
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        name, found, value = line.strip().partition("=")
        if found and not name.startswith(("#", ";")):
            yield name.strip(), value.strip().strip('"')
