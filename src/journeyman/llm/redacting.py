"""Takes a run's secrets out of a question before it becomes a request, and out of an answer before anyone uses it."""

from __future__ import annotations

from collections import OrderedDict
from itertools import takewhile

import msgspec

from journeyman.domain.conversation import ModelTurn, Role, ToolCall, ToolSpec, ToolTurn, Turn, UserTurn
from journeyman.domain.redaction import Redactor
from journeyman.llm.contract import Question

KEPT_TALKS = 64


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
            answer_schema=redactor.value(question.answer_schema),
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
    """Return how many turns at the beginning are the same. A talk that only grew is seen at one glance."""
    if now[: len(before)] == before:
        return len(before)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, now, strict=False)))


def _tool(spec: ToolSpec, redactor: Redactor) -> ToolSpec:
    parameters, description = redactor.value(spec.parameters), redactor.text(spec.description)
    return msgspec.structs.replace(spec, description=description, parameters=parameters)


def redacted_answer(turn: ModelTurn, redactor: Redactor) -> ModelTurn:
    """Return a whole answer without secrets; the words of one that is JSON stay JSON."""
    return ModelTurn(redactor.json(turn.text), tuple(_call(call, redactor) for call in turn.calls))


def _turn(turn: Turn, redactor: Redactor) -> Turn:
    match turn:
        case UserTurn(text):
            return UserTurn(redactor.text(text))
        case ModelTurn():
            return redacted_answer(turn, redactor)
        case ToolTurn(results):
            return ToolTurn(tuple(msgspec.structs.replace(r, content=redactor.text(r.content)) for r in results))


def _call(call: ToolCall, redactor: Redactor) -> ToolCall:
    return ToolCall(redactor.text(call.id), redactor.text(call.name), redactor.json(call.arguments))
