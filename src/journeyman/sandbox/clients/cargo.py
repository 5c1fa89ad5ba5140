"""cargo: where it takes crates from."""

from __future__ import annotations

import json
import mmap
import re
import tomllib
from pathlib import Path
from typing import Any

from journeyman.sandbox.clients.source import Host, Source, address, certificates, together

DEFAULT_INDEX = re.compile(rb"sparse\+(https://[a-z0-9.-]+/)")
"""How the program itself spells the address of its default index."""


def source(host: Host, program: Path) -> Source:
    """Return what is needed to fetch crates. `program` is cargo itself, not rustup's stand-in."""
    config = read(host.home / ".cargo/config.toml") or read(host.home / ".cargo/config")
    mirrors = [address(url).host for url in addresses(config)]
    index = default_index(program)
    own = Source(
        hosts=tuple(dict.fromkeys(filter(None, (address(index).host, file_host(index))))),
        mirrors=tuple(dict.fromkeys(filter(None, mirrors))),
    )
    cafile = str(config.get("http", {}).get("cainfo", ""))
    return together(own, certificates(host, (cafile,)))


def read(file: Path) -> dict[str, Any]:
    """Return a configuration file; an unreadable one says nothing."""
    try:
        return tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def addresses(config: dict[str, Any]) -> list[str]:
    """Return the addresses of all registries that a configuration names."""
    tables = [*config.get("source", {}).values(), *config.get("registries", {}).values()]
    return [str(table[key]) for table in tables for key in ("registry", "index") if key in table]


def default_index(program: Path) -> str:
    """Return the address of the index that cargo uses when nothing is configured; "" if it does not say."""
    try:
        with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = DEFAULT_INDEX.search(content)
            return found[1].decode() if found else ""
    except (OSError, ValueError):
        return ""


def file_host(index: str) -> str:
    """Return the host of the crates themselves, which the index names."""
    if not index:
        return ""
    import urllib.request  # 30 ms, for Rust only

    try:
        with urllib.request.urlopen(f"{index}config.json", timeout=10) as answer:
            return address(str(json.load(answer).get("dl", ""))).host
    except (OSError, ValueError):
        return ""
