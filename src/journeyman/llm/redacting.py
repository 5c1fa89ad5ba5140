"""Takes a run's secrets out of a question, before anything of it becomes a request."""

from __future__ import annotations

from typing import Any

import msgspec

from journeyman.domain.conversation import ModelTurn, ToolCall, ToolTurn, Turn, UserTurn
from journeyman.domain.redaction import Redactor
from journeyman.llm.contract import Question

ESCAPES = (('\\"', '"'), ("\\n", "\n"), ("\\/", "/"), ("\\\\", "\\"))


def redacted(question: Question, redactor: Redactor) -> Question:
    """Return the question without secrets in its words, calls, results and tools."""
    return msgspec.structs.replace(
        question,
        system=redactor.text(question.system),
        turns=tuple(_turn(turn, redactor) for turn in question.turns),
        tools=tuple(
            msgspec.structs.replace(
                spec, description=redactor.text(spec.description), parameters=_value(spec.parameters, redactor)
            )
            for spec in question.tools
        ),
        answer_schema=_value(question.answer_schema, redactor),
    )


def _turn(turn: Turn, redactor: Redactor) -> Turn:
    match turn:
        case UserTurn(text):
            return UserTurn(redactor.text(text))
        case ModelTurn(text, calls):
            return ModelTurn(redactor.text(text), tuple(_call(call, redactor) for call in calls))
        case ToolTurn(results):
            return ToolTurn(tuple(msgspec.structs.replace(r, content=redactor.text(r.content)) for r in results))


def _call(call: ToolCall, redactor: Redactor) -> ToolCall:
    return ToolCall(redactor.text(call.id), redactor.text(call.name), redacted_json(call.arguments, redactor))


def redacted_json(text: str, redactor: Redactor) -> str:
    """Return a JSON text without secrets, also those that JSON spells with escapes; broken JSON too."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        plain = text
        for escape, letter in ESCAPES:
            plain = plain.replace(escape, letter)
        clean = redactor.text(plain)
        return clean if clean != plain else redactor.text(text)
    clean_value = _value(value, redactor)
    return redactor.text(text) if clean_value == value else msgspec.json.encode(clean_value).decode()


def _value(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, dict):
        return {redactor.text(str(key)): _value(item, redactor) for key, item in value.items()}
    return [_value(item, redactor) for item in value] if isinstance(value, list | tuple) else value
