"""pip and uv: where they take Python packages from."""

from __future__ import annotations

import ast
import configparser
import ensurepip
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from journeyman.sandbox.clients.source import (
    Address,
    Host,
    Source,
    address,
    certificates,
    folder_mounts,
    local_folder,
    together,
)

CONSTANTS = "pip/_internal/models/index.py"
SECTIONS = ("global", "install")
PATIENCE = ("UV_HTTP_RETRIES", "UV_HTTP_TIMEOUT", "PIP_RETRIES", "PIP_DEFAULT_TIMEOUT")
SWITCHED_OFF = ("", "0", "false", "no", "off")


class Settings(msgspec.Struct, frozen=True):
    """What pip and uv are told to use. An empty `index` means pip's own default."""

    index: str = ""
    extra: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    certificate: str = ""
    no_index: bool = False


def source(host: Host) -> Source:
    """Return what is needed to install Python packages."""
    return as_source(host, read(host))


def as_source(host: Host, settings: Settings) -> Source:
    """Return settings as hosts, variables and folders."""
    addresses = [address(text) for text in (settings.index, *settings.extra, *settings.links) if text]
    folders = [folder for text in settings.links if (folder := local_folder(text))]
    folders += [folder.parent for text in (settings.index, *settings.extra) if (folder := local_folder(text))]
    own = Source(
        hosts=() if settings.index or settings.no_index else default_hosts(),
        mirrors=tuple(dict.fromkeys(found.host for found in addresses if found.host)),
        variables={
            **variables(settings),
            **{name: host.variables[name] for name in PATIENCE if name in host.variables},
        },
        mounts=folder_mounts(folders),
        notes=tuple(note for found in addresses if (note := found.note())),
    )
    return together(own, certificates(host, (settings.certificate,)))


def variables(settings: Settings) -> Mapping[str, str]:
    """Return the settings as both clients read them from their environment."""
    extra = " ".join(address(text).url for text in settings.extra)
    links = [address(text).url for text in settings.links]
    index = address(settings.index).url
    chosen = {
        "PIP_INDEX_URL": index,
        "UV_DEFAULT_INDEX": index,
        "PIP_EXTRA_INDEX_URL": extra,
        "UV_INDEX": extra,
        "UV_INDEX_STRATEGY": "unsafe-best-match" if extra else "",
        "PIP_FIND_LINKS": " ".join(links),
        "UV_FIND_LINKS": ",".join(links),
        "PIP_NO_INDEX": "1" if settings.no_index else "",
        "UV_NO_INDEX": "1" if settings.no_index else "",
    }
    return {name: value for name, value in chosen.items() if value}


def read(host: Host) -> Settings:
    """Return the settings in force: files first, then variables, as pip does it; uv's own where pip has none."""
    found = uv_file(host.home / ".config/uv/uv.toml")
    for file in pip_files(host):
        found |= pip_file(file)
    found |= {key: value for key in KEYS if (value := pip_variable(host, key))}
    uv_index = host.variables.get("UV_DEFAULT_INDEX") or host.variables.get("UV_INDEX_URL", "")
    uv_extra = host.variables.get("UV_INDEX") or host.variables.get("UV_EXTRA_INDEX_URL", "")
    return Settings(
        index=found.get("index-url", "") or uv_index,
        extra=tuple(dict.fromkeys((*found.get("extra-index-url", "").split(), *uv_extra.split()))),
        links=tuple(found.get("find-links", "").split()),
        certificate=found.get("cert", ""),
        no_index=found.get("no-index", "").lower() not in SWITCHED_OFF,
    )


KEYS = ("index-url", "extra-index-url", "find-links", "cert", "no-index")


def pip_variable(host: Host, key: str) -> str:
    """Return what the environment says about a setting of pip's."""
    return host.variables.get("PIP_" + key.upper().replace("-", "_"), "")


def pip_files(host: Host) -> Iterator[Path]:
    """Yield pip's configuration files, the weaker first."""
    named = host.variables.get("PIP_CONFIG_FILE", "")
    if named == "/dev/null":
        return
    shared = host.variables.get("XDG_CONFIG_HOME", "")
    yield from (Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"))
    yield host.home / ".pip/pip.conf"
    yield (Path(shared) if shared else host.home / ".config") / "pip/pip.conf"
    if named:
        yield Path(named)


def pip_file(file: Path) -> dict[str, str]:
    """Return the settings of one file; an unreadable one says nothing."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(file.read_text())
    except (OSError, UnicodeDecodeError, configparser.Error):
        return {}
    sections = [section for section in SECTIONS if parser.has_section(section)]
    return {key: value for section in sections for key, value in parser.items(section) if key in KEYS}


def uv_file(file: Path) -> dict[str, str]:
    """Return what uv's own file says, in pip's words."""
    try:
        table: dict[str, Any] = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    indexes = [entry for entry in table.get("index", []) if isinstance(entry, dict) and "url" in entry]
    default = [entry["url"] for entry in indexes if entry.get("default")]
    extra = [entry["url"] for entry in indexes if not entry.get("default")] + table.get("extra-index-url", [])
    found = {
        "index-url": (default or [table.get("index-url", "")])[0],
        "extra-index-url": " ".join(map(str, extra)),
        "find-links": " ".join(map(str, table.get("find-links", []))),
    }
    return {key: str(value) for key, value in found.items() if value}


def default_hosts() -> tuple[str, ...]:
    """Return the hosts of pip's default index and of its files, as pip's own source names them."""
    for text in constants():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PyPI":
                return tuple(strings(node.value))
    return ()


def constants() -> Iterator[str]:
    """Yield pip's module of constants from wherever there is a pip."""
    for folder in (sysconfig.get_path("purelib"), "/usr/lib/python3/dist-packages"):
        if (file := Path(folder) / CONSTANTS).is_file():
            yield file.read_text()
    bundles = (Path(ensurepip.__file__).parent / "_bundled", Path("/usr/share/python-wheels"))
    for wheel in (wheel for folder in bundles for wheel in folder.glob("pip-*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            yield archive.read(CONSTANTS).decode()


def strings(node: ast.AST) -> Iterator[str]:
    """Yield the hosts that a call's arguments name, as an address or bare."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found: Address = address(part.value)
            yield found.host or part.value
