"""What is said between an agent and a model, in no provider's dialect."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class Role(StrEnum):
    """Who asks a model: each role may have a model of its own."""

    PLANNER = "planner"
    CODER = "coder"
    TESTER = "tester"
    REVIEWER = "reviewer"


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as a model sees it. `parameters` is a JSON schema of type object."""

    name: str
    description: str
    parameters: dict[str, Any]


class ToolCall(msgspec.Struct, frozen=True):
    """A model's wish to use a tool. `arguments` is the model's own JSON text, perhaps broken."""

    id: str
    name: str
    arguments: str


class ToolResult(msgspec.Struct, frozen=True):
    """What a tool answered. `ok` is False when the tool refused or failed."""

    call_id: str
    name: str
    content: str
    ok: bool = True


class UserTurn(msgspec.Struct, frozen=True, tag="user"):
    """Text to the model."""

    text: str


class ModelTurn(msgspec.Struct, frozen=True, tag="model"):
    """A model's answer: words, wishes for tools, or both."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


class ToolTurn(msgspec.Struct, frozen=True, tag="tool"):
    """The results of all calls of the model's turn before it, in the order of the calls."""

    results: tuple[ToolResult, ...]


Turn = UserTurn | ModelTurn | ToolTurn


class Usage(msgspec.Struct, frozen=True):
    """Tokens as the provider counted them. Cached ones are part of `input_tokens`."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
