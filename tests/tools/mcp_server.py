"""A real MCP server for the tests: `python mcp_server.py` speaks over its standard streams, `… PORT` over HTTP.

It must not be named for the package that it imports: a script's folder comes first on the path.
"""

from __future__ import annotations

import asyncio
import os
import sys

import mcp_types as types
from mcp.server.mcpserver import MCPServer

server = MCPServer("demo", log_level="ERROR")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def environment() -> list[str]:
    """Name the variables that the server sees."""
    return sorted(os.environ)


@server.tool(name="dotted.name")
def dotted() -> str:
    return "dotted"


@server.tool(name="dotted/name")
def slashed() -> str:
    return "slashed"


@server.tool()
def long(length: int) -> str:
    return "a" * length + "END"


@server.tool()
def picture() -> list[types.ContentBlock]:
    data = "QUJD" * 1000
    blob = types.BlobResourceContents(uri="memo:blob", blob=data)
    text = types.TextResourceContents(uri="memo:text", text="a memo")
    return [
        types.TextContent(text="here it is"),
        types.ImageContent(data=data, mime_type="image/png"),
        types.ResourceLink(uri="memo:link", name="link"),
        types.EmbeddedResource(resource=blob),
        types.EmbeddedResource(resource=text),
    ]


@server.tool()
def crash() -> str:
    raise ValueError("never shown: the package hides what a tool raises")


@server.tool()
async def sleep() -> str:
    await asyncio.sleep(60)
    return "never"


@server.tool()
def die() -> str:
    os._exit(3)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
