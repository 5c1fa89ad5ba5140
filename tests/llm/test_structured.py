from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.llm.structured import fault_of, object_in
from tests.llm.talk import SHAPE


@pytest.mark.parametrize(
    "text",
    ['{"a": {"b": 1}}', '```json\n{"a": {"b": 1}}\n```', 'Here it is: {"a": {"b": 1}} Bye.', ' {"a": {"b": 1}}\n'],
)
def test_the_object_is_found_among_words(text: str) -> None:
    assert json.loads(object_in(text)) == {"a": {"b": 1}}


@pytest.mark.parametrize("text", ["", "Done.", "[1]", "{broken", "} {"])
def test_a_text_without_an_object_stays(text: str) -> None:
    assert object_in(text) == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"steps": ["a"]}', ""),
        ("Done.", "it is not JSON"),
        ("[]", "the answer must be of type object, not list"),
        ("{}", "the answer lacks the field 'steps'"),
        ('{"steps": "a"}', "the answer.steps must be of type array, not str"),
        ('{"steps": [1]}', "the answer.steps[0] must be of type string, not int"),
        ('{"steps": [], "more": 1}', "the answer has an unknown field 'more'"),
    ],
)
def test_a_fault_is_named_for_the_model(text: str, fault: str) -> None:
    assert fault_of(text, SHAPE).startswith(fault)
    assert bool(fault_of(text, SHAPE)) == bool(fault)


class Inner(msgspec.Struct):
    met: bool
    score: float | None


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    inner: tuple[Inner, ...]
    by_name: dict[str, int]
    either: int | str


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
near = st.fixed_dictionaries(
    {
        "name": st.text() | values,
        "inner": st.lists(st.fixed_dictionaries({"met": st.booleans() | values, "score": st.floats(0, 1) | values}))
        | values,
        "by_name": st.dictionaries(st.text(max_size=3), st.integers() | values) | values,
    },
    optional={"either": values, "other": values},
)


@given(near | values)
def test_it_agrees_with_a_full_validator(value: object) -> None:
    document = msgspec.json.schema(Outer)
    definitions = dict(document["$defs"])
    schema = {**definitions.pop("Outer"), "$defs": definitions}
    # JSON has one kind of number: 1.0 counts as an integer there, not here.
    numbers = {"integer": lambda _, found: isinstance(found, int) and not isinstance(found, bool)}
    checker = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(numbers)
    validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=checker)(schema)
    assert bool(fault_of(json.dumps(value), schema)) == (not validator.is_valid(value))
