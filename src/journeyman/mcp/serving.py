"""Serves the tools over HTTP, by the protocol's own package."""

from __future__ import annotations

import asyncio
import hmac
import signal
import socket
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from importlib.metadata import version
from typing import Any

import mcp_types as types
import uvicorn
from mcp import MCPError
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings

from journeyman.domain.errors import BadRequest
from journeyman.mcp.calling import INSTRUCTIONS, NAMED, Desk, UnknownTool, described
from journeyman.mcp.hosts import WILDCARDS, is_loopback

PATH = "/mcp"
ENDING = (signal.SIGTERM, signal.SIGINT)

GRACE = 2
"""Seconds that an answer under way has when the server is told to end."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def server_of(desk: Desk) -> Server[dict[str, Any]]:
    """Return the protocol's server of the tools."""
    offered = [types.Tool.model_validate(described(tool)) for tool in NAMED.values()]

    async def listed(context: Any, asked: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=offered)

    async def called(context: Any, asked: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            text, facts = await desk.call(asked.name, asked.arguments or {})
        except UnknownTool as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        return types.CallToolResult(
            content=[types.TextContent(text=text)], structured_content=facts, is_error=facts is None
        )

    return Server(
        "journeyman",
        version=version("journeyman"),
        instructions=INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )


async def serve_http(
    server: Server[dict[str, Any]], host: str, port: int, names: Sequence[str], token: str, say: Callable[[str], None]
) -> None:
    """Serve over streamable HTTP until told to end. `names` are further names that the machine is reached by."""
    listening = _listening(host, port)
    shown = f"[{host}]" if ":" in host else host
    hosts = _hosts([shown, *names]) if not is_loopback(host) else _hosts(["127.0.0.1", "localhost", "[::1]", *names])
    security = TransportSecuritySettings(
        allowed_hosts=hosts,
        allowed_origins=[f"{scheme}://{each}" for each in hosts for scheme in ("http", "https")],
    )
    app = server.streamable_http_app(streamable_http_path=PATH, host=host, transport_security=security)
    config = uvicorn.Config(
        guarded(app, token) if token else app, log_level="error", access_log=False, timeout_graceful_shutdown=GRACE
    )
    loop, web = asyncio.get_running_loop(), uvicorn.Server(config)
    for each in ENDING:
        # For signals before uvicorn takes them over, and for the one that ended it, which it raises once more.
        loop.add_signal_handler(each, setattr, web, "should_exit", True)
    say(f"http://{shown}:{listening.getsockname()[1]}{PATH}")
    await web.serve(sockets=[listening])


def _hosts(names: Sequence[str]) -> list[str]:
    return [name for each in names if each not in WILDCARDS and each != "[::]" for name in (each, f"{each}:*")]


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        problem = error.strerror if isinstance(error, OSError) else str(error)
        raise BadRequest("--port", f"cannot listen on {host}:{port} ({problem})", "name another one") from None


def guarded(app: App, token: str) -> App:
    """Return an application that answers those only who know the token."""
    wanted = f"Bearer {token}".encode()

    async def asked(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = [value for name, value in scope["headers"] if name == b"authorization"]
            if len(given) != 1 or not hmac.compare_digest(given[0], wanted):
                head = [(b"content-type", b"text/plain"), (b"www-authenticate", b"Bearer")]
                await send({"type": "http.response.start", "status": 401, "headers": head})
                await send({"type": "http.response.body", "body": b"send the token: Authorization: Bearer ...\n"})
                return
        await app(scope, receive, send)

    return asked
