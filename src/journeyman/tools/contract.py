"""What the coder may call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from journeyman.domain.conversation import ToolCall, ToolResult, ToolSpec
from journeyman.domain.errors import JourneymanError


class ToolRefused(JourneymanError):
    """The tool could not do what was asked; the message is for the model."""


class Tool(msgspec.Struct, frozen=True):
    """A tool: what the model sees, and what it does. `use` returns text or raises ToolRefused.

    `changes_files` tells whether the tree must be snapshotted after it. `origin` is "own" or an MCP server's name.
    """

    spec: ToolSpec
    use: Callable[[Mapping[str, Any]], Awaitable[str]]
    changes_files: bool = False
    origin: str = "own"


OFFERED = "offered"
"""The name under which the tools of MCP servers are recorded."""


class Offered(msgspec.Struct, frozen=True):
    """A tool as an MCP server offered it to a run."""

    spec: ToolSpec
    changes_files: bool
    origin: str


class Toolbox(Protocol):
    """The tools of one run."""

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model sees, in a stable order."""
        ...

    def changes_files(self, name: str) -> bool:
        """Whether a tool may change the tree."""
        ...

    def origin(self, name: str) -> str:
        """Where a tool comes from: "own" or an MCP server's name."""
        ...

    async def use(self, call: ToolCall) -> ToolResult:
        """Use a tool. Every fault of the call becomes a result that tells the model what was wrong."""
        ...
