from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.conversation import ModelTurn, ToolCall, ToolResult, ToolSpec, ToolTurn, UserTurn
from journeyman.domain.redaction import Redactor
from journeyman.llm.redacting import QuestionRedactor, redacted_answer
from tests.llm.talk import TALK, question

SECRET = 'pass"\\\nwörd/1'


@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_arguments_with_a_secret_stay_json(ensure_ascii: bool) -> None:
    arguments = json.dumps({"a": [SECRET], SECRET: 1}, ensure_ascii=ensure_ascii)
    clean = redacted_answer(ModelTurn(arguments, (ToolCall("c", "t", arguments),)), Redactor([SECRET]))
    wanted = {"a": ["[redacted]"], "[redacted]": 1}
    assert (json.loads(clean.text), json.loads(clean.calls[0].arguments)) == (wanted, wanted)


def test_a_secret_in_broken_arguments_is_found() -> None:
    broken = json.dumps({"a": SECRET}, ensure_ascii=False)[:-1]
    clean = redacted_answer(ModelTurn("", (ToolCall("c", "t", broken),)), Redactor([SECRET])).calls[0].arguments
    assert clean == '{"a": "[redacted]"'


@given(st.text(max_size=30))
def test_without_secrets_nothing_changes(text: str) -> None:
    turn = ModelTurn(text, (ToolCall(text, text, text), ToolCall("c", "t", json.dumps({"x": text}))))
    assert redacted_answer(turn, Redactor([SECRET])) == turn


def test_every_part_of_a_question_is_looked_through() -> None:
    secret = "hunter2-hunter2"
    turns = (
        UserTurn(secret),
        ModelTurn(secret, (ToolCall(secret, secret, json.dumps({"k": secret})),)),
        ToolTurn((ToolResult("c", "ls", secret),)),
    )
    tool = ToolSpec("t", secret, {"type": "object", "properties": {"x": {"default": [secret]}}})
    asked = question(turns=turns, system=secret, tools=(tool,), answer_schema={"const": secret})
    clean = QuestionRedactor().redacted(asked, Redactor([secret]))
    assert secret not in msgspec.json.encode(clean).decode()
    assert msgspec.json.encode(clean).decode().count("[redacted]") == 10


class Counting(Redactor):
    """Counts what it is given."""

    seen = 0

    def text(self, text: str) -> str:
        self.seen += text == "hurry"
        return super().text(text)


def test_a_talk_that_grows_is_looked_through_once() -> None:
    redacting, redactor = QuestionRedactor(), Counting([SECRET])
    for more in range(4):
        turns = (*TALK, *(UserTurn(f"{SECRET} {number}") for number in range(more)))
        clean = redacting.redacted(question(turns=turns), redactor)
        assert clean.turns == (*TALK, *(UserTurn(f"[redacted] {number}") for number in range(more)))
    assert redactor.seen == 1
    other = Redactor(["hurry-is-secret", "do it"])
    assert redacting.redacted(question(turns=(UserTurn("do it"),)), other).turns == (UserTurn("do it"),)
    assert redacting.redacted(question(turns=(UserTurn("hurry-is-secret"),)), other).turns == (
        UserTurn("[redacted]"),
    )


def test_a_talk_whose_beginning_was_packed_is_looked_through_again() -> None:
    redacting, redactor = QuestionRedactor(), Redactor([SECRET])
    redacting.redacted(question(turns=TALK), redactor)
    packed = (UserTurn(f"short {SECRET}"), *TALK[1:])
    assert redacting.redacted(question(turns=packed), redactor).turns == (UserTurn("short [redacted]"), *TALK[1:])
