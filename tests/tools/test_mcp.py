"""Tools of real MCP servers, over standard streams and over HTTP."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from journeyman.domain.conversation import ToolCall
from journeyman.domain.errors import BadSettings
from journeyman.tools import McpAddress, McpLimits, McpTools, ToolRefused, ToolSet

SERVER = str(Path(__file__).with_name("mcp_server.py"))
STDIO = McpAddress("demo", (sys.executable, SERVER))


@asynccontextmanager
async def over_stdio(limits: McpLimits = McpLimits()):
    async with McpTools([STDIO], {"GIVEN": "yes"}, limits) as tools:
        yield {tool.spec.name: tool for tool in tools}


@asynccontextmanager
async def over_http(limits: McpLimits = McpLimits()):
    with closing(socket.socket()) as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    process = subprocess.Popen([sys.executable, SERVER, str(port)], stderr=subprocess.DEVNULL)
    try:
        await until_listening(port)
        async with McpTools([McpAddress("demo", url=f"http://127.0.0.1:{port}/mcp")], {}, limits) as tools:
            yield {tool.spec.name: tool for tool in tools}
    finally:
        process.terminate()
        process.wait()


async def until_listening(port: int) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            assert time.monotonic() < end
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


@pytest.mark.parametrize("connected", [over_stdio, over_http])
async def test_tools_of_a_server(connected) -> None:
    async with connected(McpLimits(result=1000)) as tools:
        add = tools["demo__add"]
        assert (add.origin, add.changes_files, add.spec.description) == ("demo", True, "Add two numbers.")
        assert add.spec.parameters["required"] == ["a", "b"]
        assert await add.use({"a": 1, "b": 2}) == "3"

        with pytest.raises(ToolRefused, match="valid integer"):
            await add.use({"a": "x", "b": 2})
        with pytest.raises(ToolRefused, match="crash"):
            await tools["demo__crash"].use({})

        shown = await tools["demo__long"].use({"length": 5000})
        assert len(shown) < 1100
        assert shown.endswith("END")
        assert "cut from the middle" in shown

        lines = (await tools["demo__picture"].use({})).splitlines()
        assert lines == [
            "here it is",
            "[image, image/png, 3000 bytes, not shown]",
            "[link to memo:link]",
            "[resource memo:blob, not text, not shown]",
            "a memo",
        ]


async def test_over_standard_streams() -> None:
    async with over_stdio(McpLimits(call_seconds=1)) as tools:
        assert await tools["demo__dotted_name"].use({}) == "dotted"
        assert await tools["demo__dotted_name_2"].use({}) == "slashed"

        seen = set((await tools["demo__environment"].use({})).split())
        assert "GIVEN" in seen
        assert seen <= {"GIVEN", "HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LC_CTYPE"}

        with pytest.raises(ToolRefused, match=r"demo failed: .*timed out"):
            await tools["demo__sleep"].use({})


async def test_a_server_that_dies_refuses_in_words_and_harms_no_other() -> None:
    async with McpTools([STDIO, McpAddress("other", STDIO.command)], {}) as tools:
        box = ToolSet(tools)
        died = await box.use(ToolCall("1", "demo__die", "{}"))
        later = await box.use(ToolCall("2", "demo__add", '{"a": 1, "b": 2}'))
        other = await box.use(ToolCall("3", "other__add", '{"a": 1, "b": 2}'))
    assert not died.ok
    assert "the MCP server demo failed: Connection closed" in died.content
    assert not later.ok
    assert "the MCP server demo" in later.content
    assert (other.ok, other.content) == (True, "3")
    assert box.origin("other__add") == "other"


async def test_a_closed_server_refuses_and_closing_twice_is_fine() -> None:
    connected = McpTools([STDIO], {})
    tools, again = await asyncio.gather(connected.opened(), connected.opened())
    assert tools is again
    await asyncio.create_task(connected.close())
    await connected.close()
    with pytest.raises(ToolRefused, match="demo is gone"):
        await tools[0].use({"a": 1, "b": 2})


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (McpAddress("lost", ("/nonexistent/server",)), "No such file"),
        (McpAddress("lost", ("/bin/sh", "-c", "echo 'no key given' >&2; exit 1")), "no key given"),
        (McpAddress("lost", url="http://127.0.0.1:1/mcp"), "connection"),
        (McpAddress("lost", url="not an address"), "protocol"),
        (McpAddress("lost"), "protocol"),
    ],
)
async def test_a_server_that_does_not_start_is_named(address: McpAddress, words: str) -> None:
    with pytest.raises(BadSettings) as caught:
        await McpTools([address], {}).opened()
    assert "the MCP server lost does not start" in caught.value.message
    assert words in caught.value.message
    assert "mcp_servers.lost" in caught.value.advice


async def test_a_silent_server_is_ended_and_so_are_those_beside_it(tmp_path: Path) -> None:
    silent = McpAddress("silent", ("/bin/sh", "-c", f"echo $$ > {tmp_path}/silent; while read line; do :; done"))
    beside = McpAddress("beside", ("/bin/sh", "-c", f"echo $$ > {tmp_path}/beside; exec {sys.executable} {SERVER}"))
    connected = McpTools([silent, beside], {}, McpLimits(start_seconds=0.5))
    with pytest.raises(BadSettings, match=r"silent does not start \(no answer within 0.5 seconds\)"):
        await connected.opened()
    for name in ("silent", "beside"):
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / name).read_text()), 0)


def test_the_vendors_package_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, journeyman.tools; print([n for n in ('mcp', 'pydantic', 'anyio') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
