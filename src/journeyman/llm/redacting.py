"""Takes a run's secrets out of a question, before anything of it becomes a request."""

from __future__ import annotations

from collections import OrderedDict
from itertools import takewhile
from typing import Any

import msgspec

from journeyman.domain.conversation import ModelTurn, Role, ToolCall, ToolSpec, ToolTurn, Turn, UserTurn
from journeyman.domain.redaction import Redactor
from journeyman.llm.contract import Question

KEPT_TALKS = 64
ESCAPES = (('\\"', '"'), ("\\n", "\n"), ("\\/", "/"), ("\\\\", "\\"))


class _Known(msgspec.Struct, frozen=True):
    redactor: Redactor
    turns: tuple[Turn, ...]
    clean: tuple[Turn, ...]


class QuestionRedactor:
    """Redacts questions; turns that were in the talk's question before are not looked through again."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Role], _Known] = OrderedDict()

    def redacted(self, question: Question, redactor: Redactor) -> Question:
        """Return the question without secrets in its words, calls, results and tools."""
        return msgspec.structs.replace(
            question,
            system=redactor.text(question.system),
            turns=self._turns(question, redactor),
            tools=tuple(_tool(spec, redactor) for spec in question.tools),
            answer_schema=_value(question.answer_schema, redactor),
        )

    def _turns(self, question: Question, redactor: Redactor) -> tuple[Turn, ...]:
        key = (question.run_id, question.role)
        known = self._known.get(key)
        clean: tuple[Turn, ...] = ()
        if known is not None and known.redactor is redactor:
            clean = known.clean[: _same(known.turns, question.turns)]
        clean = (*clean, *(_turn(turn, redactor) for turn in question.turns[len(clean) :]))
        self._known[key] = _Known(redactor, question.turns, clean)
        self._known.move_to_end(key)
        if len(self._known) > KEPT_TALKS:
            self._known.popitem(last=False)
        return clean


def _same(before: tuple[Turn, ...], now: tuple[Turn, ...]) -> int:
    """Return how many turns at the beginning are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, now, strict=False)))


def _tool(spec: ToolSpec, redactor: Redactor) -> ToolSpec:
    parameters = _value(spec.parameters, redactor)
    return msgspec.structs.replace(spec, description=redactor.text(spec.description), parameters=parameters)


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
