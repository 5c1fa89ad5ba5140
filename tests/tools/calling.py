"""Calls as a model makes them."""

from __future__ import annotations

from typing import Any

import msgspec

from journeyman.domain.conversation import ToolCall, ToolResult
from journeyman.tools import ToolSet


async def use(box: ToolSet, name: str, **arguments: Any) -> ToolResult:
    """Use a tool with arguments as JSON."""
    return await box.use(ToolCall("call-1", name, msgspec.json.encode(arguments).decode()))


async def granted(box: ToolSet, name: str, **arguments: Any) -> str:
    """Use a tool that must not refuse."""
    result = await use(box, name, **arguments)
    assert result.ok, result.content
    return result.content


async def refused(box: ToolSet, name: str, **arguments: Any) -> str:
    """Use a tool that must refuse, and return its words."""
    result = await use(box, name, **arguments)
    assert not result.ok, result.content
    assert "\n" not in result.content
    return result.content
