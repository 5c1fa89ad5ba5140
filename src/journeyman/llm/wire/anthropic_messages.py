"""The Anthropic Messages protocol. JSON answers come by a forced tool; the prompt's stable parts are cached."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from journeyman.domain.conversation import ModelTurn, ToolCall, ToolResult, ToolSpec, ToolTurn, Turn, Usage, UserTurn
from journeyman.llm.contract import Question
from journeyman.llm.wire.contract import Reply, arguments_object, count_of, cut_off, event_of, part, text_of
from journeyman.llm.wire.openai_chat import called_name
from journeyman.llm.wire.reported import outage_of

VERSION = "2023-06-01"
ANSWER_TOOL = "give_answer"
CACHED = {"type": "ephemeral"}
CACHED_TURNS = 2
"""The last turns of the user that are marked: the one before was the last at the request before, so it is read."""

STOPS = {"tool_use": "calls", "max_tokens": "length", "model_context_window_exceeded": "length", "refusal": "refusal"}
Block = dict[str, Any]


class AnthropicMessages(msgspec.Struct, frozen=True):
    """How Anthropic speaks it."""

    def path(self) -> str:
        """Return what is added to the provider's address."""
        return "/v1/messages"

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers that carry the key."""
        return {"x-api-key": key, "anthropic-version": VERSION}

    def body(self, question: Question, name: str) -> dict[str, Any]:
        """Return the request's JSON."""
        body: dict[str, Any] = {
            "model": name,
            "max_tokens": question.max_output_tokens,
            "messages": cached_messages(messages(question.turns)),
            "stream": True,
        }
        if question.system:
            body["system"] = [{"type": "text", "text": question.system, "cache_control": CACHED}]
        tools = [tool(spec) for spec in question.tools]
        if question.answer_schema is not None:
            tools.append(answer_tool(question.answer_schema))
            body["tool_choice"] = {"type": "any"} if question.tools else {"type": "tool", "name": ANSWER_TOOL}
        if tools:
            body["tools"] = [*tools[:-1], {**tools[-1], "cache_control": CACHED}]
        return body

    def remembering(self) -> AnthropicMessages:
        """Return the same: what a turn becomes depends on those beside it, so nothing is remembered."""
        return self

    def assembly(self) -> MessagesAssembly:
        """Return a fresh assembly for one answer."""
        return MessagesAssembly()


def messages(turns: tuple[Turn, ...]) -> list[dict[str, Any]]:
    """Return the turns as messages: turns of one side that follow each other become one message."""
    joined: list[dict[str, Any]] = []
    for turn in turns:
        role = "assistant" if isinstance(turn, ModelTurn) else "user"
        if joined and joined[-1]["role"] == role:
            joined[-1]["content"].extend(blocks(turn))
        else:
            joined.append({"role": role, "content": blocks(turn)})
    return joined


def blocks(turn: Turn) -> list[Block]:
    """Return a turn's content."""
    match turn:
        case UserTurn(text):
            return [text_block(text)]
        case ModelTurn(text, calls):
            words = [text_block(text.rstrip())] if text.strip() or not calls else []
            return [*words, *(tool_use(call) for call in calls)]
        case ToolTurn(results):
            return [tool_result(result) for result in results]


def text_block(text: str) -> Block:
    """Return words; the protocol refuses empty ones."""
    return {"type": "text", "text": text if text.strip() else "(nothing)"}


def tool_use(call: ToolCall) -> Block:
    """Return a call that the model made before."""
    named = called_name(call.name)
    return {"type": "tool_use", "id": call_id(call.id), "name": named, "input": arguments_object(call.arguments)}


def tool_result(result: ToolResult) -> Block:
    """Return a tool's result."""
    block: Block = {"type": "tool_result", "tool_use_id": call_id(result.call_id), "content": result.content}
    return block if result.ok else {**block, "is_error": True}


def call_id(given: str) -> str:
    """Return an id as the protocol accepts it: another provider's model may have given it."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", given)


def tool(spec: ToolSpec) -> dict[str, Any]:
    """Return a tool as the protocol describes it."""
    return {"name": spec.name, "description": spec.description, "input_schema": spec.parameters}


def answer_tool(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the tool by which a JSON answer is given."""
    return {"name": ANSWER_TOOL, "description": "Give your answer.", "input_schema": schema}


def cached_messages(plain: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages with the ends of the last turns of the user marked for the cache."""
    marked = [index for index, message in enumerate(plain) if message["role"] == "user"][-CACHED_TURNS:]
    return [_marked(message) if index in marked else message for index, message in enumerate(plain)]


def _marked(message: dict[str, Any]) -> dict[str, Any]:
    *before, last = message["content"]
    return {**message, "content": [*before, {**last, "cache_control": CACHED}]}


class _Content:
    """A block of the answer as it grows."""

    def __init__(self, block: Block) -> None:
        self.kind = text_of(block.get("type"))
        self.id = text_of(block.get("id"))
        self.name = text_of(block.get("name"))
        self.pieces = [text_of(block.get("text"))]

    def take(self, delta: Block) -> None:
        self.pieces.append(text_of(delta.get("text")) or text_of(delta.get("partial_json")))

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def is_answer(self) -> bool:
        return self.kind == "tool_use" and self.name == ANSWER_TOOL


class MessagesAssembly:
    """Puts one streamed answer together."""

    def __init__(self) -> None:
        self._contents: dict[int, _Content] = {}
        self._usage: dict[str, Any] = {}
        self._stop = ""
        self.ended = False

    def take(self, data: str) -> None:
        """Take the data of the next event; events of unknown types are passed over, as the protocol wants it."""
        event = event_of(data)
        match event.get("type"):
            case "message_start":
                self._usage.update(part(part(event.get("message")).get("usage")))
            case "content_block_start":
                self._contents[count_of(event.get("index"))] = _Content(part(event.get("content_block")))
            case "content_block_delta":
                content = self._contents.get(count_of(event.get("index")))
                if content is not None:
                    content.take(part(event.get("delta")))
            case "message_delta":
                self._stop = text_of(part(event.get("delta")).get("stop_reason")) or self._stop
                self._usage.update({k: v for k, v in part(event.get("usage")).items() if v is not None})
            case "message_stop":
                self.ended = True
            case "error":
                raise outage_of(part(event.get("error")))

    def reply(self) -> Reply:
        """Return the whole answer. ModelOutage if the stream ended before the answer did."""
        if not self.ended or not self._stop:
            raise cut_off()
        contents = [content for _, content in sorted(self._contents.items())]
        answer = "".join(content.text for content in contents if content.is_answer)
        words = "".join(content.text for content in contents if content.kind == "text")
        uses = [content for content in contents if content.kind == "tool_use" and not content.is_answer]
        calls = tuple(ToolCall(content.id, content.name, content.text or "{}") for content in uses)
        stopped_by = STOPS.get(self._stop, "end")
        if stopped_by == "calls" and not calls:
            stopped_by = "end"
        return Reply(ModelTurn(answer or words, calls), usage_of(self._usage), stopped_by)


def usage_of(reported: dict[str, Any]) -> Usage | None:
    """Return the usage; the protocol counts cached tokens beside the others. None if none was reported."""
    if not reported:
        return None
    read, written = (
        count_of(reported.get("cache_read_input_tokens")),
        count_of(reported.get("cache_creation_input_tokens")),
    )
    return Usage(
        input_tokens=count_of(reported.get("input_tokens")) + read + written,
        output_tokens=count_of(reported.get("output_tokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
    )
