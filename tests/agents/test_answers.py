"""The planner and the judges: typed answers, or ModelMisbehaved."""

from __future__ import annotations

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from journeyman.agents import Judged, Opinion, opinion, plan
from journeyman.agents.asking import flat_schema
from journeyman.domain.conversation import Role, UserTurn
from journeyman.domain.errors import ModelMisbehaved
from journeyman.domain.result import Plan
from journeyman.llm.structured import fault_of
from tests.agents.rooms import BRIEF, CHOICE, PlannedModels, says

PLAN = Plan(("read", "mend"), (), ("a.py",), 7, ("pytest passes",))
OPINION = Opinion((Judged("adds", True, "test_add"),), ("no test for 0",), ("name it sum",))


def text_of(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


async def test_a_plan() -> None:
    models = PlannedModels(says(text_of(PLAN)))
    assert await plan(models, "run", BRIEF, CHOICE) == msgspec.structs.replace(PLAN, estimated_steps=2)
    (question,) = models.asked
    assert (question.key, question.role, question.models) == ("plan", Role.PLANNER, ("local:small",))
    assert question.answer_schema == flat_schema(Plan)
    assert not question.tools


@pytest.mark.parametrize("role", [Role.TESTER, Role.REVIEWER])
async def test_an_opinion(role: Role) -> None:
    models = PlannedModels(says(text_of(OPINION)))
    assert await opinion(models, "run", 2, role, BRIEF, "+ return a + b", "pytest: passed", CHOICE) == OPINION
    (question,) = models.asked
    assert (question.key, question.role) == (f"{role}/2", role)
    assert role.value in question.system
    (turn,) = question.turns
    assert isinstance(turn, UserTurn)
    assert all(part in turn.text for part in (BRIEF.description, "+ return a + b", "pytest: passed"))


NONSENSE = ["", "[]", "null", '{"issues": 1}', '{"issues": [1]}', '{"judged": [{}]}', "{" * 5000, '{"a":' * 99_999]


@pytest.mark.parametrize("text", NONSENSE)
async def test_nonsense_is_misbehaviour(text: str) -> None:
    models = PlannedModels(says(text))
    with pytest.raises(ModelMisbehaved, match="the tester model's answer has not the shape asked for"):
        await opinion(models, "run", 1, Role.TESTER, BRIEF, "", "", CHOICE)


@settings(max_examples=50)
@given(some.text() | some.recursive(some.none() | some.text(), some.lists).map(json.dumps))
async def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(ModelMisbehaved):
        made = await opinion(PlannedModels(says(text)), "run", 1, Role.TESTER, BRIEF, "", "", CHOICE)
        assert isinstance(made, Opinion)


@pytest.mark.parametrize("kind", [Plan, Opinion])
def test_the_schema_is_strict(kind: type[msgspec.Struct]) -> None:
    """As the strict providers want it: every object closed, every field required, no default, no title."""
    schema = flat_schema(kind)
    objects = [schema, *schema.get("$defs", {}).values()]
    assert objects[0]["type"] == "object"
    for part in objects:
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])
    assert "title" not in str(schema)
    assert "default" not in str(schema)


@pytest.mark.parametrize("value", [PLAN, OPINION, Plan(), Opinion()])
def test_what_the_schema_asks_for_is_what_is_read(value: msgspec.Struct) -> None:
    assert fault_of(text_of(value), flat_schema(type(value))) == ""
    assert fault_of("{}", flat_schema(type(value))) != ""
