"""The official client at the server, over both of its transports."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult


@dataclass(frozen=True)
class Place:
    """Where a server is started: what it may be asked about, and the home of its state."""

    root: Path
    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "JOURNEYMAN_HOME": str(self.home), **more}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-P", "-m", "journeyman", "mcp", "--root", str(self.root), *words]


@asynccontextmanager
async def over_streams(place: Place, *more: str, **variables: str) -> AsyncIterator[Client]:
    program, *words = place.command(*more)
    given = StdioServerParameters(command=program, args=words, env=place.environment(**variables), cwd=place.home)
    async with Client(stdio_client(given)) as client:
        yield client


@contextmanager
def listening(place: Place, *words: str, token: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server over HTTP on a port of its own choice, and its address."""
    environment = place.environment(**({"JOURNEYMAN_MCP_TOKEN": token} if token else {}))
    command = place.command("--http", "--port", "0", *words)
    with subprocess.Popen(command, env=environment, cwd=place.home, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            yield server, server.stderr.readline().split()[-1]
        finally:
            server.terminate()


@asynccontextmanager
async def over_http(place: Place) -> AsyncIterator[Client]:
    with listening(place) as (_, address):
        async with at(address) as client:
            yield client


@asynccontextmanager
async def at(address: str, token: str = "") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as web,
        Client(streamable_http_client(address, http_client=web)) as client,
    ):
        yield client


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    assert block.type == "text"
    return block.text


async def found(client: Client, tool: str, **given: Any) -> dict[str, Any]:
    """Return the facts that a tool tells."""
    result = await asyncio.wait_for(client.call_tool(tool, given), 60)
    assert not result.is_error, text_of(result)
    return result.structured_content["found"]


async def refusal(client: Client, tool: str, **given: Any) -> str:
    """Return the line with which a call is refused."""
    result = await asyncio.wait_for(client.call_tool(tool, given), 60)
    assert result.is_error
    return text_of(result)
