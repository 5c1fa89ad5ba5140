"""The tools of one run, by name, and what becomes of a call that does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from journeyman.domain.conversation import ToolCall, ToolResult, ToolSpec
from journeyman.tools.contract import Tool, ToolRefused

JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


class ToolSet:
    """Finds a tool by name, checks the arguments against its schema, and answers faults in words."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model sees, in a stable order."""
        return tuple(tool.spec for tool in self._tools.values())

    def changes_files(self, name: str) -> bool:
        """Whether a tool may change the tree."""
        return name in self._tools and self._tools[name].changes_files

    def origin(self, name: str) -> str:
        """Where a tool comes from: "own" or an MCP server's name."""
        return self._tools[name].origin if name in self._tools else "own"

    async def use(self, call: ToolCall) -> ToolResult:
        """Use a tool. Every fault of the call becomes a result that tells the model what was wrong."""
        try:
            return ToolResult(call.id, call.name, await self._use(call))
        except ToolRefused as refusal:
            return ToolResult(call.id, call.name, refusal.line(), ok=False)

    async def _use(self, call: ToolCall) -> str:
        tool = self._tools.get(call.name)
        if tool is None:
            raise ToolRefused(f"there is no tool {call.name!r}", f"the tools are {', '.join(self._tools)}")
        arguments = _without_nulls(tool.spec, _arguments(call))
        _check(tool.spec, arguments)
        return await tool.use(arguments)


def _arguments(call: ToolCall) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(call.arguments or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ToolRefused(f"the arguments of {call.name} are not a JSON object: {error}", "send them again") from None


def _without_nulls(spec: ToolSpec, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the arguments without a null for what may be left out and cannot be null: some models send those."""
    required = spec.parameters.get("required", ())
    may_go = {name for name in arguments if name not in required and _type_of(spec, name) in JSON_TYPES}
    return {name: value for name, value in arguments.items() if value is not None or name not in may_go}


def _check(spec: ToolSpec, arguments: Mapping[str, Any]) -> None:
    known = spec.parameters.get("properties", {})
    for name in spec.parameters.get("required", ()):
        if name not in arguments:
            raise ToolRefused(f"{spec.name} needs the argument {name!r}")
    for name, value in arguments.items():
        wanted = _type_of(spec, name)
        if name not in known and known:
            raise ToolRefused(f"{spec.name} knows no argument {name!r}", f"it takes {', '.join(known)}")
        if not isinstance(value, JSON_TYPES.get(wanted, object)):
            raise ToolRefused(f"the argument {name!r} of {spec.name} must be of type {wanted}")


def _type_of(spec: ToolSpec, name: str) -> str:
    """Return the one type that an argument must have; empty if the schema says something less simple."""
    part = spec.parameters.get("properties", {}).get(name)
    wanted = part.get("type") if isinstance(part, dict) else None
    return wanted if isinstance(wanted, str) else ""
