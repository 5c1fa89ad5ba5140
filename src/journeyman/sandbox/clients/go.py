"""go: where it takes modules from."""

from __future__ import annotations

import json
import re

from journeyman.sandbox.clients.source import (
    Host,
    Source,
    address,
    certificates,
    folder_mounts,
    local_folder,
    together,
)

SETTINGS = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE")


def source(host: Host) -> Source:
    """Return what is needed to download Go modules, as `go env` has it."""
    answer = host.ask("go", "env", "-json", *SETTINGS)
    found: dict[str, str] = json.loads(answer) if answer else {}
    entries = [entry for entry in re.split(r"[,|]", found.get("GOPROXY", "")) if entry]
    addresses = [address(entry) for entry in entries]
    checks = found.get("GOSUMDB", "off").split()
    sums = [address(checks[1]).host] if len(checks) > 1 else [name for name in checks if name != "off"]
    hosts = tuple(dict.fromkeys([entry.host for entry in addresses if entry.host] + sums))
    configured = "GOPROXY" in host.variables or (host.home / ".config/go/env").is_file()
    own = Source(
        hosts=() if configured else hosts,
        mirrors=hosts if configured else (),
        variables={name: value for name, value in found.items() if value and name != "GOPROXY"}
        | ({"GOPROXY": ",".join(entry.url for entry in addresses)} if entries else {}),
        mounts=folder_mounts(folder for entry in entries if (folder := local_folder(entry))),
        notes=tuple(note for entry in addresses if (note := entry.note())),
    )
    return together(own, certificates(host))
