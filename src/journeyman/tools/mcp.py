"""Tools of other programs, by the Model Context Protocol. They run on this host, not in the sandbox: the settings of
the person who runs Journeyman name them, never a repository.

The vendor's package takes a second to import, so it is imported when the first server is connected.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from functools import partial
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

import msgspec

from journeyman.context import cut_middle
from journeyman.domain.conversation import ToolSpec
from journeyman.domain.errors import BadSettings
from journeyman.tools.contract import Tool, ToolRefused

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client._transport import Transport
    from mcp_types import CallToolResult, ContentBlock
    from mcp_types import Tool as Offered

RESULT_SHOWN = 16_000
DESCRIPTION_SHOWN = 4_000
LONGEST_NAME = 64
"""Characters of a tool's name that every provider takes."""


class McpAddress(msgspec.Struct, frozen=True):
    """Where a server is: a command that speaks over its standard streams, or the URL of a streamable HTTP one."""

    name: str
    command: tuple[str, ...] = ()
    url: str = ""


class McpLimits(msgspec.Struct, frozen=True):
    """How long a server may take to start and to answer a call, in seconds, and the characters kept of a result."""

    start_seconds: float = 30.0
    call_seconds: float = 300.0
    result: int = RESULT_SHOWN


class McpTools:
    """The tools of all configured servers, while they are connected; `async with` gives them.

    `variables` are the environment of started servers, besides HOME, LOGNAME, PATH, SHELL, TERM and USER, which the
    vendor's package hands on. Nothing secret belongs there.
    """

    def __init__(
        self, addresses: Iterable[McpAddress], variables: Mapping[str, str], limits: McpLimits = McpLimits()
    ) -> None:
        self._connections = [_Connection(address, variables, limits) for address in addresses]
        self._found: tuple[Tool, ...] | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> tuple[Tool, ...]:
        return await self.opened()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def opened(self) -> tuple[Tool, ...]:
        """Return the tools, connecting on the first call alone. BadSettings names a server that does not start."""
        async with self._opening:
            if self._found is None:
                self._found = await self._connect()
            return self._found

    async def _connect(self) -> tuple[Tool, ...]:
        opening = (connection.open() for connection in self._connections)
        try:
            found = await asyncio.gather(*opening, return_exceptions=True)
            for failure in found:
                if isinstance(failure, BaseException):
                    raise failure
        except BaseException:
            await self.close()
            raise
        return _distinct(tool for tools in found if not isinstance(tools, BaseException) for tool in tools)

    async def close(self) -> None:
        """Disconnect and end what was started; may be called again, from any task."""
        await asyncio.gather(*(connection.close() for connection in self._connections))


class _Connection:
    """One server. A task of its own holds the session, which must end in the task that began it."""

    def __init__(self, address: McpAddress, variables: Mapping[str, str], limits: McpLimits) -> None:
        self._address = address
        self._variables = variables
        self._limits = limits
        self._closing = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> tuple[Tool, ...]:
        opened: asyncio.Future[tuple[Tool, ...]] = asyncio.get_running_loop().create_future()
        self._closing.clear()
        with TemporaryFile("w+", errors="replace") as errors:
            self._keeper = asyncio.create_task(self._keep(opened, errors))
            seconds = self._limits.start_seconds
            try:
                await asyncio.wait((opened, self._keeper), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                if opened.done():
                    return opened.result()
                failure = self._keeper.exception() if self._keeper.done() else None
                raise self._bad(failure, _last_line(errors))
            finally:
                if not opened.done():
                    self._keeper.cancel()

    async def close(self) -> None:
        self._closing.set()
        if self._keeper is not None:
            await asyncio.gather(self._keeper, return_exceptions=True)

    def _bad(self, failure: BaseException | None, last_line: str) -> BadSettings:
        name = self._address.name
        why = _words(failure) if failure else f"no answer within {self._limits.start_seconds:g} seconds"
        said = f"; it said: {last_line}" if last_line else ""
        advice = f"mend mcp_servers.{name} in the settings, or remove it"
        return BadSettings(f"the MCP server {name} does not start ({why}{said})", advice)

    async def _keep(self, opened: asyncio.Future[tuple[Tool, ...]], errors: IO[str]) -> None:
        from mcp import Client

        transport = _transport(self._address, self._variables, errors)
        async with Client(transport) as client:
            offered = await _offered(client)
            opened.set_result(tuple(self._tool(client, tool) for tool in offered))
            await self._closing.wait()

    def _tool(self, client: Client, offered: Offered) -> Tool:
        name = re.sub(r"[^A-Za-z0-9_-]", "_", f"{self._address.name}__{offered.name}")[:LONGEST_NAME]
        description = cut_middle(offered.description or offered.title or offered.name, DESCRIPTION_SHOWN)
        spec = ToolSpec(name, description, offered.input_schema)
        return Tool(spec, partial(self._use, client, offered.name), changes_files=True, origin=self._address.name)

    async def _use(self, client: Client, tool: str, given: Mapping[str, Any]) -> str:
        from anyio import BrokenResourceError, ClosedResourceError
        from mcp import MCPError

        server = self._address.name
        if self._keeper is None or self._keeper.done() or self._closing.is_set():
            raise ToolRefused(f"the MCP server {server} is gone", "do without it")
        try:
            result = await client.call_tool(tool, dict(given), self._limits.call_seconds)
        except (MCPError, OSError, ValueError, RuntimeError, BrokenResourceError, ClosedResourceError) as error:
            raise ToolRefused(f"the MCP server {server} failed: {_words(error)}", "do without it") from None
        text = cut_middle(_text(result), self._limits.result)
        if result.is_error:
            raise ToolRefused(text or f"{tool} failed without a word")
        return text


def _transport(address: McpAddress, variables: Mapping[str, str], errors: IO[str]) -> Transport:
    from mcp import StdioServerParameters, stdio_client
    from mcp.client.streamable_http import streamable_http_client

    if not address.command:
        return streamable_http_client(address.url)
    program, *arguments = address.command
    parameters = StdioServerParameters(command=program, args=arguments, env=dict(variables))
    return stdio_client(parameters, errlog=errors)  # type: ignore[arg-type]  # any file with a descriptor will do


async def _offered(client: Client) -> list[Offered]:
    page = await client.list_tools()
    tools = list(page.tools)
    while page.next_cursor:
        page = await client.list_tools(cursor=page.next_cursor)
        tools += page.tools
    return tools


def _distinct(tools: Iterable[Tool]) -> tuple[Tool, ...]:
    """Return the tools with a number behind a name that was there before: cleaning and cutting may make two alike."""
    named: dict[str, Tool] = {}
    for tool in tools:
        name, number = tool.spec.name, 2
        while name in named:
            ending = f"_{number}"
            name, number = tool.spec.name[: LONGEST_NAME - len(ending)] + ending, number + 1
        named[name] = msgspec.structs.replace(tool, spec=msgspec.structs.replace(tool.spec, name=name))
    return tuple(named.values())


def _text(result: CallToolResult) -> str:
    parts = [_shown(block) for block in result.content]
    if not parts and result.structured_content is not None:
        return msgspec.json.encode(result.structured_content).decode()
    return "\n".join(parts)


def _shown(block: ContentBlock) -> str:
    """Return a block's text, or the name of what is no text."""
    match block.type:
        case "text":
            return block.text
        case "image" | "audio":
            return f"[{block.type}, {block.mime_type}, {len(block.data) * 3 // 4} bytes, not shown]"
        case "resource_link":
            return f"[link to {block.uri}]"
        case "resource":
            text = getattr(block.resource, "text", None)
            return text if text is not None else f"[resource {block.resource.uri}, not text, not shown]"


def _words(error: BaseException) -> str:
    """Return what went wrong first, out of the groups in which the vendor wraps it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(str(error).split())[:300] or type(error).__name__


def _last_line(errors: IO[str]) -> str:
    errors.seek(0)
    lines = [line.strip() for line in errors if line.strip()]
    return lines[-1][:300] if lines else ""
