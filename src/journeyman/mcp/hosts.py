"""Who may reach a server over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from journeyman.domain.errors import BadRequest, BadSettings

WILDCARDS = ("", "0.0.0.0", "::")


def check_host(host: str, names: Sequence[str], token: str) -> None:
    """BadSettings, BadRequest: an address that others reach needs a token, and names to be reached by."""
    if is_loopback(host):
        return
    if not token:
        raise BadSettings(
            f"--host {host} is reached from other machines", "set JOURNEYMAN_MCP_TOKEN to a long secret"
        )
    if host in WILDCARDS and not names:
        raise BadRequest(
            "--host", f"{host or 'it'} is no name of this machine", "say --name HOST for each that clients use"
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a host."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
