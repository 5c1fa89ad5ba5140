"""Serves one client over the standard streams: a JSON message a line, and nothing else on standard output.

It is written by hand because a client waits for the start: the protocol's own package, which serves HTTP here, takes
four fifths of a second to import.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import IO, Any

import msgspec

from journeyman.mcp.calling import INSTRUCTIONS, NAMED, Called, Desk, UnknownTool, described

HANDSHAKES = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""Versions that begin with `initialize`, oldest first."""

MODERN = "2026-07-28"
"""The version whose requests each tell it, without a handshake."""

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
NO_JSON, NO_REQUEST, NO_METHOD, WRONG_PARAMETERS, NO_VERSION = -32700, -32600, -32601, -32602, -32022
Told = dict[str, Any]


class Fault(Exception):
    """A request that cannot be answered, with the protocol's number for why."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.told = {"code": code, "message": message} | ({} if data is None else {"data": data})


class Message(msgspec.Struct):
    """What comes in: a request, a notification (no id), or an answer (no method), which nobody waits for."""

    id: int | str | None = None
    method: str = ""
    params: dict[str, Any] | None = None


class Streams:
    """A client. `write` sends a line; requests are answered as they come, beside each other."""

    def __init__(self, desk: Desk, write: Callable[[bytes], None]) -> None:
        self._desk = desk
        self._write = write
        self._under_way: dict[int | str, asyncio.Task[None]] = {}

    def take(self, line: bytes) -> None:
        """Take a line in, and begin to answer it."""
        try:
            message = msgspec.json.decode(line, type=Message)
        except msgspec.ValidationError as error:
            self._send(None, {"error": Fault(NO_REQUEST, str(error)).told})
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._send(None, {"error": Fault(NO_JSON, "that line is no JSON").told})
            return
        params = message.params or {}
        if message.id is None:
            if message.method == "notifications/cancelled":
                self._cancel(params.get("requestId"))
        elif message.method:
            task = asyncio.get_running_loop().create_task(self._answered(message.id, message.method, params))
            self._under_way[message.id] = task

    async def settled(self) -> None:
        """Wait until all that came in is answered."""
        while self._under_way:
            await asyncio.wait(self._under_way.values())

    def _cancel(self, number: Any) -> None:
        task = self._under_way.get(number) if isinstance(number, int | str) else None
        if task is not None:
            task.cancel()

    async def _answered(self, number: int | str, method: str, params: Told) -> None:
        try:
            self._send(number, {"result": await self._result(method, params)})
        except Fault as fault:
            self._send(number, {"error": fault.told})
        finally:
            self._under_way.pop(number, None)

    async def _result(self, method: str, params: Told) -> Told:
        modern = _is_modern(params)
        match method:
            case "initialize":
                return _greeting(params)
            case "ping":
                return {}
            case "server/discover":
                result = {"supportedVersions": [MODERN], "ttlMs": 0, "cacheScope": "private", **_own()}
            case "tools/list":
                result = {"tools": [described(tool) for tool in NAMED.values()]}
                result |= {"ttlMs": 0, "cacheScope": "private"} if modern else {}
            case "tools/call":
                result = _called(await self._call(params))
            case _:
                raise Fault(NO_METHOD, "Method not found", method[:200])
        if modern:
            result |= {"resultType": "complete", "_meta": {"io.modelcontextprotocol/serverInfo": _name()}}
        return result

    async def _call(self, params: Told) -> Called:
        name, given = params.get("name"), params.get("arguments")
        if not isinstance(name, str) or not isinstance(given or {}, dict):
            raise Fault(WRONG_PARAMETERS, "tools/call takes a `name`, which is a text, and `arguments`, an object")
        try:
            return await self._desk.call(name, given or {})
        except UnknownTool as error:
            raise Fault(WRONG_PARAMETERS, str(error)) from None

    def _send(self, number: int | str | None, told: Told) -> None:
        self._write(msgspec.json.encode({"jsonrpc": "2.0", "id": number, **told}) + b"\n")


def _is_modern(params: Told) -> bool:
    """Tell whether a request names the modern version. Fault if it names one that is not known."""
    meta = params.get("_meta")
    asked = meta.get(VERSION_KEY) if isinstance(meta, dict) else None
    if asked not in (None, MODERN, *HANDSHAKES):
        told = {"supported": [*HANDSHAKES, MODERN], "requested": str(asked)[:100]}
        raise Fault(NO_VERSION, "Unsupported protocol version", told)
    return asked == MODERN


def _greeting(params: Told) -> Told:
    asked = params.get("protocolVersion")
    return {"protocolVersion": asked if asked in HANDSHAKES else HANDSHAKES[-1], "serverInfo": _name(), **_own()}


def _own() -> Told:
    return {"capabilities": {"tools": {"listChanged": False}}, "instructions": INSTRUCTIONS}


def _name() -> Told:
    return {"name": "journeyman", "version": version("journeyman")}


def _called(called: Called) -> Told:
    result: Told = {"content": [{"type": "text", "text": called.text}], "isError": called.facts is None}
    return result if called.facts is None else {**result, "structuredContent": called.facts}


async def serve_streams(desk: Desk, ended: Callable[[], None]) -> None:
    """Serve the client until it closes the streams, and what it asked before is answered. Told to end, or with nobody
    to read an answer, `ended` is called at once and does not return."""
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # Not by the loop: that may be busy writing to a client that does not read.
        signal.signal(each, lambda *_: ended())
    incoming, outgoing = _own_streams()

    def write(line: bytes) -> None:
        try:
            outgoing.write(line)
            outgoing.flush()
        except OSError:
            ended()

    streams, closed, loop = Streams(desk, write), asyncio.Event(), asyncio.get_running_loop()
    threading.Thread(target=_read, args=(incoming, loop, streams.take, closed.set), daemon=True).start()
    await closed.wait()
    await streams.settled()


def _read(
    incoming: IO[bytes], loop: asyncio.AbstractEventLoop, take: Callable[[bytes], None], end: Callable[[], None]
) -> None:
    """Hand lines over. In a thread of its own: standard input may be a file, which a loop cannot wait for."""
    for line in incoming:
        if line.strip():
            loop.call_soon_threadsafe(take, line)
    loop.call_soon_threadsafe(end)


def _own_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Return the standard streams for us alone: what is started or printed from here reads and writes nothing of the
    protocol."""
    given, told = open(os.dup(0), "rb"), open(os.dup(1), "wb")  # noqa: SIM115
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(sys.stderr.fileno(), 1)
    return given, told
