from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.conversation import ModelTurn, ToolCall, ToolResult, ToolTurn, Usage, UserTurn
from journeyman.domain.errors import ModelMisbehaved, ModelOutage
from journeyman.llm.wire.anthropic_messages import ANSWER_TOOL, AnthropicMessages, MessagesAssembly
from tests.llm.servers import Says, anthropic_events
from tests.llm.talk import CAT, LS, SHAPE, TALK, question

CACHED = {"type": "ephemeral"}


def body(**given: object):
    return json.loads(json.dumps(AnthropicMessages().body(question(**given), "claude")))


def assembled(events) -> MessagesAssembly:
    assembly = MessagesAssembly()
    for _, data in events:
        assembly.take(data)
    return assembly


def test_a_talk_becomes_messages_of_alternating_sides() -> None:
    assert body(turns=TALK)["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "do it", "cache_control": CACHED}]},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "looking"},
                {"type": "tool_use", "id": "a", "name": "ls", "input": {"path": "."}},
                {"type": "tool_use", "id": "b", "name": "cat", "input": {"path": "x"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "x"},
                {"type": "tool_result", "tool_use_id": "b", "content": "no such file", "is_error": True},
                {"type": "text", "text": "hurry", "cache_control": CACHED},
            ],
        },
    ]


def test_system_tools_and_the_last_two_turns_are_cached_and_no_more() -> None:
    turns = (*TALK, ModelTurn("hm"), UserTurn("well?"))
    asked = body(turns=turns, tools=(LS, CAT))
    assert asked["system"] == [{"type": "text", "text": "be good", "cache_control": CACHED}]
    assert [tool.get("cache_control") for tool in asked["tools"]] == [None, CACHED]
    marks = ["cache_control" in json.dumps(message) for message in asked["messages"]]
    assert marks == [False, False, True, False, True]
    assert json.dumps(asked).count("cache_control") == 4


def test_the_part_before_the_cached_end_stays_the_same_when_the_talk_grows() -> None:
    def bare(messages):
        return json.loads(json.dumps(messages).replace(', "cache_control": {"type": "ephemeral"}', ""))

    before, after = body(turns=TALK)["messages"], body(turns=(*TALK, ModelTurn("hm"), UserTurn("so?")))["messages"]
    assert bare(after[: len(before)]) == bare(before)
    assert "cache_control" in json.dumps(after[len(before) - 1])


def test_a_shape_is_asked_for_by_a_forced_tool() -> None:
    asked = body(answer_schema=SHAPE)
    assert asked["tool_choice"] == {"type": "tool", "name": ANSWER_TOOL}
    assert asked["tools"][0]["input_schema"] == SHAPE
    assert body(answer_schema=SHAPE, tools=(LS,))["tool_choice"] == {"type": "any"}


def test_the_forced_tool_s_input_is_the_answer_s_text() -> None:
    events = anthropic_events(Says('{"steps": []}'), {"tool_choice": {"name": ANSWER_TOOL}})
    reply = assembled(events).reply()
    assert reply.turn == ModelTurn('{"steps": []}')
    assert reply.stopped_by == "end"


def test_what_other_providers_made_is_acceptable() -> None:
    turns = (
        UserTurn(" "),
        ModelTurn("  \n", (ToolCall("call:1/x", "no.such", "[broken"),)),
        ToolTurn((ToolResult("call:1/x", "no.such", ""),)),
        ModelTurn("trailing \n"),
    )
    sent = body(turns=turns)["messages"]
    assert sent[0]["content"][0]["text"] == "(nothing)"
    use = {"type": "tool_use", "id": "call_1_x", "name": "no_such", "input": {"unreadable_arguments": "[broken"}}
    assert sent[1]["content"] == [use]
    assert sent[2]["content"][0]["tool_use_id"] == "call_1_x"
    assert sent[3]["content"] == [{"type": "text", "text": "trailing"}]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
arguments = st.dictionaries(st.text(max_size=5), st.integers() | texts, max_size=3).map(json.dumps)
usages = st.builds(Usage, st.integers(100, 10**6), st.integers(0, 10**6), st.integers(0, 50), st.integers(0, 50))
answers = st.builds(
    Says,
    text=texts,
    calls=st.lists(st.tuples(st.sampled_from(["ls", "cat"]), arguments), max_size=4).map(tuple),
    usage=st.none() | usages,
    pieces=st.integers(1, 9),
)


@given(answers)
def test_any_answer_is_put_together_from_its_pieces(deed: Says) -> None:
    reply = assembled(anthropic_events(deed, {})).reply()
    assert (reply.turn.text, reply.usage) == (deed.text, deed.usage)
    assert tuple((call.name, call.arguments) for call in reply.turn.calls) == deed.calls
    assert reply.stopped_by == ("calls" if deed.calls else "end")


@given(answers, st.data())
def test_a_part_of_an_answer_is_never_taken_for_the_whole(deed: Says, data: st.DataObject) -> None:
    events = anthropic_events(deed, {})
    with pytest.raises(ModelOutage, match="broke off"):
        assembled(events[: data.draw(st.integers(0, len(events) - 1))]).reply()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["delta", "index", "usage", "content_block", "message", "text"]), inner)
    ),
    max_leaves=10,
)
kinds = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "message_delta", "error", "?"]
)


@given(st.lists(st.tuples(kinds, json_values), max_size=6))
def test_whatever_a_server_sends_ends_in_a_reply_or_an_error_of_ours(events) -> None:
    assembly = MessagesAssembly()
    try:
        for kind, value in events:
            fields = value if isinstance(value, dict) else {"delta": value}
            assembly.take(json.dumps({**fields, "type": kind}))
        assembly.take('{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}')
        assembly.take('{"type": "message_stop"}')
        assembly.reply()
    except (ModelOutage, ModelMisbehaved):
        pass


def test_a_call_without_arguments_has_an_empty_object() -> None:
    assert assembled(anthropic_events(Says(calls=(("ls", ""),)), {})).reply().turn.calls[0].arguments == "{}"


@pytest.mark.parametrize(
    ("stop", "told"), [("max_tokens", "length"), ("refusal", "refusal"), ("stop_sequence", "end")]
)
def test_why_it_stopped_is_told(stop: str, told: str) -> None:
    assert assembled(anthropic_events(Says("x", stop=stop), {})).reply().stopped_by == told


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("overloaded_error", "overload"), ("rate_limit_error", "rate_limit"), ("api_error", "server")],
)
def test_an_error_in_the_stream_is_an_outage(kind: str, reason: str) -> None:
    with pytest.raises(ModelOutage) as outage:
        MessagesAssembly().take(json.dumps({"type": "error", "error": {"type": kind, "message": "no"}}))
    assert outage.value.reason == reason
