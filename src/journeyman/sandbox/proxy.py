"""The only way out of a sandbox: a proxy on a unix socket that lets named hosts through.

It resolves a name once and connects to the address it has judged, so a name cannot change its meaning in between.
CONNECT hides what is said to an allowed host: a host on the list can be sent data. Plain HTTP is for reading only.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from journeyman.sandbox.contract import SANDBOX_GID, SANDBOX_UID

SOCKET = "proxy.sock"
USUAL_PORTS = (443, 80)
LARGEST_HEAD = 64 * 1024
HEAD_SECONDS = 30.0
CONNECT_SECONDS = 30.0
IDLE_SECONDS = 300.0
MOST_TALKS = 128
"""Connections at a time; package clients open a few dozen."""

CHUNK = 64 * 1024
READING = ("GET", "HEAD")
STRAY = re.compile(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What some servers take for the end of a line, and what no head holds: it could hide a second request."""

OWN_HEADERS = ("host", "connection", "keep-alive", "te", "trailer", "upgrade", "content-length", "transfer-encoding")

METADATA = tuple(
    map(ipaddress.ip_network, ("169.254.0.0/16", "fe80::/10", "168.63.129.16", "100.100.100.200", "fd00:ec2::254"))
)
"""Link-local addresses and those at which clouds tell a machine its secrets: never reached."""

PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24"),
            *("192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
            *("::/96", "64:ff9b:1::/48", "2001::/32", "fc00::/7", "fec0::/10", "ff00::/8"),
        ),
    )
)
"""Loopback, private networks and what is nobody's address: reached only where a mirror is configured there."""

Resolve = Callable[[str, int], Awaitable[list[str]]]


class Refused(Exception):
    """The request may not pass; the message is for the client inside."""


class Allowed(msgspec.Struct, frozen=True):
    """What may be reached: `host` or `host:port`, lower case. A `mirrors` entry may have a private address."""

    hosts: frozenset[str]
    mirrors: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str], mirrors: Iterable[str] = ()) -> Allowed:
        """Return the list in its normal form; mirrors are hosts too."""
        private = frozenset(map(str.lower, mirrors))
        return cls(frozenset(map(str.lower, hosts)) | private, private)

    def judge(self, host: str, port: int) -> None:
        """Refused if the host is not on the list, or not on that port."""
        if not listed(self.hosts, host, port):
            raise Refused(f"{host}:{port} is not an allowed host")

    def judge_address(self, host: str, port: int, address: str) -> None:
        """Refused if the name leads into a network that is nobody's business."""
        found = unwrapped(ipaddress.ip_address(address.partition("%")[0]))
        private = any(found in network for network in PRIVATE)
        if any(found in network for network in METADATA) or (private and not listed(self.mirrors, host, port)):
            raise Refused(f"{host} has the private address {address}")


def listed(names: frozenset[str], host: str, port: int) -> bool:
    """Whether a host stands in a list, with this port or for the usual ones."""
    return f"{host}:{port}" in names or (host in names and port in USUAL_PORTS)


def unwrapped(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that an IPv6 one carries, if any."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


class Target(msgspec.Struct, frozen=True):
    """What a client asks for: a tunnel, or a plain request to be passed on as `head`."""

    host: str
    port: int
    head: bytes = b""


def parse(head: bytes) -> Target:
    """Return the target of a request's head. Refused if it is none that we serve."""
    if STRAY.search(head):
        raise Refused("control characters in a request")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refused("not a request to a proxy")
    method, url = words[:2]
    try:
        parts = urlsplit(f"//{url}" if method == "CONNECT" else url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Refused("not an address") from None
    if not host or parts.username is not None:
        raise Refused("not an address")
    if method == "CONNECT":
        return Target(host, port or 443)
    if parts.scheme != "http" or method not in READING:
        raise Refused(f"{method} without a tunnel is not allowed")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [line for line in lines[1:] if line and keeps(line)]
    own = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
    return Target(host, port or 80, "\r\n".join([*own, *kept, "", ""]).encode("latin-1"))


def keeps(line: str) -> bool:
    """Whether a header goes on to the server."""
    name = line.partition(":")[0].strip().lower()
    return name not in OWN_HEADERS and not name.startswith("proxy-") and not line[0].isspace()


async def resolve(host: str, port: int) -> list[str]:
    """Return a name's addresses."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in found]


class Proxy:
    """Listens on a socket in a folder of its own, to be shown in a sandbox."""

    def __init__(
        self, folder: Path, allowed: Allowed, resolve: Resolve = resolve, *, head_seconds: float = HEAD_SECONDS
    ) -> None:
        self.folder = folder
        self._allowed = allowed
        self._resolve = resolve
        self._head_seconds = head_seconds
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen. The path may be longer than a socket's address: it is bound below a handle."""
        self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        (self.folder / SOCKET).unlink(missing_ok=True)
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(f"/proc/self/fd/{handle}/{SOCKET}")
        finally:
            os.close(handle)
        if os.geteuid() == 0:
            for path in (self.folder, self.folder / SOCKET):
                os.chown(path, SANDBOX_UID, SANDBOX_GID)
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=LARGEST_HEAD)

    async def close(self) -> None:
        """Stop listening, end all talks, remove the socket."""
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        (self.folder / SOCKET).unlink(missing_ok=True)
        self.folder.rmdir()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.ensure_future(self._serve(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(self._talks) > MOST_TALKS:
                raise Refused(f"more than {MOST_TALKS} connections at a time")
            await self._talk(reader, writer)
        except Refused as refusal:
            writer.write(answer(403, str(refusal)))
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.write(answer(502, "no answer from there"))
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self._head_seconds)
        except TimeoutError:
            raise Refused("the request came too slowly") from None
        target = parse(head)
        self._allowed.judge(target.host, target.port)
        far_reader, far_writer = await asyncio.wait_for(self._connect(target), CONNECT_SECONDS)
        try:
            if target.head:
                far_writer.write(target.head)
                await relay(far_reader, writer)
            else:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await tunnel((reader, writer), (far_reader, far_writer))
        finally:
            far_writer.close()

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the first address that answers; one that may not be reached refuses them all."""
        try:
            addresses = await self._resolve(target.host, target.port)
        except OSError:
            raise Refused(f"{target.host} is not known") from None
        for address in addresses:
            self._allowed.judge_address(target.host, target.port, address)
        for address in addresses[:-1]:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(address, target.port)
        return await asyncio.open_connection(addresses[-1], target.port)


async def tunnel(
    near: tuple[asyncio.StreamReader, asyncio.StreamWriter], far: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    """Pass bytes both ways until both sides have ended."""
    await asyncio.gather(relay(near[0], far[1]), relay(far[0], near[1]))


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes one way until their end."""
    while data := await asyncio.wait_for(reader.read(CHUNK), IDLE_SECONDS):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        with contextlib.suppress(OSError):
            writer.write_eof()


def answer(status: int, reason: str) -> bytes:
    """Return a refusal; clients show its reason."""
    line = " ".join(reason.split()).encode("latin-1", "replace")
    return b"HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % (status, line)
