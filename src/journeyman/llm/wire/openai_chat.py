"""The OpenAI Chat Completions protocol, which OpenRouter and most local servers speak too."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any

import msgspec

from journeyman.domain.conversation import ModelTurn, ToolCall, ToolResult, ToolSpec, ToolTurn, Turn, Usage, UserTurn
from journeyman.llm.contract import Question
from journeyman.llm.wire.contract import Reply, arguments_object, count_of, cut_off, event_of, part, parts, text_of
from journeyman.llm.wire.reported import outage_of

STOPS = {"length": "length", "content_filter": "refusal"}
FINAL = "[DONE]"
KEPT_TALKS = 16


class Growing:
    """The messages of talks, each turn put into its final form once: the same ones are sent again with every turn."""

    def __init__(self) -> None:
        self._talks: OrderedDict[int, tuple[tuple[Turn, ...], list[msgspec.Raw]]] = OrderedDict()

    def __call__(self, turns: tuple[Turn, ...]) -> list[msgspec.Raw]:
        """Return the messages of a talk; it is known again by its first turn."""
        known, final = self._talks.pop(id(turns[0]), ((), [])) if turns else ((), [])
        if turns[: len(known)] != known:
            known, final = (), []
        fresh = messages(turns[len(known) :])
        final = [*final, *(msgspec.Raw(msgspec.json.encode(message)) for message in fresh)]
        if turns:
            self._talks[id(turns[0])] = turns, final
        if len(self._talks) > KEPT_TALKS:
            self._talks.popitem(last=False)
        return final


class OpenAIChat(msgspec.Struct, frozen=True):
    """How one provider speaks it. `tells_schema`: the wanted shape is also told in words, for servers that ignore
    `response_format`."""

    limit_field: str = "max_tokens"
    strict_schema: bool = False
    tells_schema: bool = True
    growing: Growing | None = None

    def path(self) -> str:
        """Return what is added to the provider's address."""
        return "/chat/completions"

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers that carry the key."""
        return {"Authorization": f"Bearer {key}"} if key else {}

    def body(self, question: Question, name: str) -> dict[str, Any]:
        """Return the request's JSON."""
        body: dict[str, Any] = {
            "model": name,
            "messages": [system_message(question, self.tells_schema), *(self.growing or messages)(question.turns)],
            self.limit_field: question.max_output_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if question.tools:
            body["tools"] = [tool(spec) for spec in question.tools]
        if question.answer_schema is not None:
            body["response_format"] = response_format(question.answer_schema, self.strict_schema)
        return body

    def remembering(self) -> OpenAIChat:
        """Return the same with a memory of talks."""
        return msgspec.structs.replace(self, growing=Growing())

    def assembly(self) -> ChatAssembly:
        """Return a fresh assembly for one answer."""
        return ChatAssembly()


def system_message(question: Question, tells_schema: bool) -> dict[str, Any]:
    """Return the first message."""
    if question.answer_schema is None or not tells_schema:
        return {"role": "system", "content": question.system}
    schema = msgspec.json.encode(question.answer_schema).decode()
    told = f"Answer with one JSON object of this schema and nothing else:\n{schema}"
    return {"role": "system", "content": f"{question.system}\n\n{told}"}


def messages(turns: tuple[Turn, ...]) -> list[dict[str, Any]]:
    """Return the turns as messages; a tool turn becomes one for each result."""
    return [message for turn in turns for message in _messages_of(turn)]


def _messages_of(turn: Turn) -> list[dict[str, Any]]:
    match turn:
        case UserTurn(text):
            return [{"role": "user", "content": text}]
        case ModelTurn():
            return [model_message(turn)]
        case ToolTurn(results):
            return [tool_message(result) for result in results]


def model_message(turn: ModelTurn) -> dict[str, Any]:
    """Return what the model said before."""
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
    if turn.calls:
        message["tool_calls"] = [tool_call(call) for call in turn.calls]
    elif not turn.text:
        message["content"] = "(nothing)"
    return message


def tool_call(call: ToolCall) -> dict[str, Any]:
    """Return a call that the model made before."""
    arguments = msgspec.json.encode(arguments_object(call.arguments)).decode()
    function = {"name": called_name(call.name), "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def called_name(name: str) -> str:
    """Return a tool's name as providers accept it back, also one that a model made up."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64] or "unnamed"


def tool_message(result: ToolResult) -> dict[str, Any]:
    """Return a tool's result."""
    return {"role": "tool", "tool_call_id": result.call_id, "content": result.content}


def tool(spec: ToolSpec) -> dict[str, Any]:
    """Return a tool as the protocol describes it."""
    function = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
    return {"type": "function", "function": function}


def response_format(schema: dict[str, Any], strict: bool) -> dict[str, Any]:
    """Return the wish for an answer of a shape."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": strict}}


def usage_of(reported: dict[str, Any]) -> Usage:
    """Return the usage; the protocol counts cached tokens among the prompt's."""
    details = part(reported.get("prompt_tokens_details"))
    return Usage(
        input_tokens=count_of(reported.get("prompt_tokens")),
        output_tokens=count_of(reported.get("completion_tokens")),
        cache_read_tokens=count_of(details.get("cached_tokens")),
        cache_write_tokens=count_of(details.get("cache_write_tokens")),
    )


class _Call:
    """A tool call as it grows."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


class ChatAssembly:
    """Puts one streamed answer together."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, _Call] = {}
        self._usage: Usage | None = None
        self._stop = ""
        self._answer_id = ""
        self.ended = False

    def take(self, data: str) -> None:
        """Take the data of the next event."""
        if data.strip() == FINAL:
            self.ended = True
            return
        event = event_of(data)
        if event.get("error"):
            raise outage_of(part(event["error"]))
        self._answer_id = self._answer_id or text_of(event.get("id"))
        if isinstance(event.get("usage"), dict):
            self._usage = usage_of(event["usage"])
        for choice in parts(event.get("choices"))[:1]:
            self._take_delta(part(choice.get("delta")))
            self._stop = text_of(choice.get("finish_reason")) or self._stop

    def _take_delta(self, delta: dict[str, Any]) -> None:
        self._text.append(text_of(delta.get("content")))
        self._refusal.append(text_of(delta.get("refusal")))
        for position, piece in enumerate(parts(delta.get("tool_calls"))):
            index = piece.get("index")
            self._take_call(index if isinstance(index, int) else position, piece)

    def _take_call(self, index: int, piece: dict[str, Any]) -> None:
        call = self._calls.setdefault(index, _Call())
        function = part(piece.get("function"))
        call.id = call.id or text_of(piece.get("id"))
        call.name = call.name or text_of(function.get("name"))
        call.arguments.append(text_of(function.get("arguments")))

    def reply(self) -> Reply:
        """Return the whole answer. ModelOutage if the stream ended before the answer did."""
        if self._stop in ("", "error"):
            raise cut_off()
        refusal = "".join(self._refusal)
        calls = tuple(self._call(index, call) for index, call in sorted(self._calls.items()))
        turn = ModelTurn(refusal or "".join(self._text), calls)
        stopped_by = "refusal" if refusal else STOPS.get(self._stop, "calls" if calls else "end")
        return Reply(turn, self._usage, stopped_by)

    def _call(self, index: int, call: _Call) -> ToolCall:
        return ToolCall(call.id or f"{self._answer_id or 'call'}_{index}", call.name, "".join(call.arguments))
