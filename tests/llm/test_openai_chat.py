from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.domain.conversation import ModelTurn, ToolCall, ToolResult, ToolTurn, Turn, Usage, UserTurn
from journeyman.domain.errors import ModelMisbehaved, ModelOutage
from journeyman.llm.providers import DIALECTS
from journeyman.llm.wire.openai_chat import ChatAssembly
from tests.llm.servers import Says, openai_events
from tests.llm.talk import CAT, LS, SHAPE, TALK, question


def body(provider: str = "openai", **given: object):
    return json.loads(json.dumps(DIALECTS[provider].body(question(**given), "gpt-5")))


def assembled(events) -> ChatAssembly:
    assembly = ChatAssembly()
    for _, data in events:
        assembly.take(data)
    return assembly


def chunk(**delta: object) -> str:
    return json.dumps({"choices": [{"delta": delta}]})


def test_a_talk_becomes_messages() -> None:
    assert body(turns=TALK)["messages"] == [
        {"role": "system", "content": "be good"},
        {"role": "user", "content": "do it"},
        {
            "role": "assistant",
            "content": "looking",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "ls", "arguments": '{"path":"."}'}},
                {"id": "b", "type": "function", "function": {"name": "cat", "arguments": '{"path":"x"}'}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "x"},
        {"role": "tool", "tool_call_id": "b", "content": "no such file"},
        {"role": "user", "content": "hurry"},
    ]


def test_the_answer_is_streamed_with_its_usage() -> None:
    assert (body()["stream"], body()["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize(
    ("provider", "name"),
    [("openai", "max_completion_tokens"), ("openrouter", "max_tokens"), ("local", "max_tokens")],
)
def test_the_limit_has_the_provider_s_name(provider: str, name: str) -> None:
    limits = {key: value for key, value in body(provider, max_output_tokens=77).items() if key.startswith("max_")}
    assert limits == {name: 77}


def test_tools_keep_their_schema() -> None:
    first = body(tools=(LS, CAT))["tools"][0]
    assert first == {
        "type": "function",
        "function": {"name": "ls", "description": "List.", "parameters": LS.parameters},
    }
    assert "tools" not in body()


def test_a_shape_is_asked_for_by_response_format() -> None:
    asked = body(answer_schema=SHAPE)
    assert asked["response_format"]["json_schema"] == {"name": "answer", "schema": SHAPE, "strict": True}
    assert asked["messages"][0]["content"] == "be good"


def test_servers_that_may_ignore_the_format_are_told_the_shape_in_words() -> None:
    asked = body("local", answer_schema=SHAPE)
    assert json.dumps(SHAPE, separators=(",", ":")) in asked["messages"][0]["content"]
    assert asked["response_format"]["json_schema"]["strict"] is False


@pytest.mark.parametrize("arguments", ['{"path": ', "[1]", "nonsense"])
def test_broken_arguments_go_back_as_an_object(arguments: str) -> None:
    call = ToolCall("a", "no such tool!", arguments)
    sent = body(turns=(UserTurn("x"), ModelTurn("", (call,))))["messages"][2]
    function = sent["tool_calls"][0]["function"]
    assert json.loads(function["arguments"]) == {"unreadable_arguments": arguments}
    assert function["name"] == "no_such_tool_"
    assert sent["content"] is None


def test_an_empty_answer_goes_back_as_words() -> None:
    assert body(turns=(ModelTurn(),))["messages"][1] == {"role": "assistant", "content": "(nothing)"}


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
arguments = st.dictionaries(st.text(max_size=5), st.integers() | texts, max_size=3).map(json.dumps)
answers = st.builds(
    Says,
    text=texts,
    calls=st.lists(st.tuples(st.sampled_from(["ls", "cat"]), arguments | texts), max_size=4).map(tuple),
    usage=st.none() | st.builds(Usage, st.integers(10, 10**6), st.integers(0, 10**6), st.integers(0, 5), st.just(0)),
    pieces=st.integers(1, 9),
)


@given(answers)
def test_any_answer_is_put_together_from_its_pieces(deed: Says) -> None:
    assembly = assembled(openai_events(deed))
    reply = assembly.reply()
    assert assembly.ended
    assert (reply.turn.text, reply.usage) == (deed.text, deed.usage)
    assert tuple((call.name, call.arguments) for call in reply.turn.calls) == deed.calls
    assert reply.stopped_by == ("calls" if deed.calls else "end")


@given(answers, st.data())
def test_a_part_of_an_answer_is_never_taken_for_the_whole(deed: Says, data: st.DataObject) -> None:
    events = openai_events(deed)
    stop = next(index for index, (_, text) in enumerate(events) if '"finish_reason"' in text)
    part = events[: data.draw(st.integers(0, stop))]
    with pytest.raises(ModelOutage, match="broke off") as outage:
        assembled(part).reply()
    assert outage.value.reason == "network"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "tool_calls", "function", "index", "usage", "content", "finish_reason"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_values | st.text(max_size=20), max_size=5))
def test_whatever_a_server_sends_ends_in_a_reply_or_an_error_of_ours(events) -> None:
    assembly = ChatAssembly()
    try:
        for event in events:
            assembly.take(event if isinstance(event, str) else json.dumps(event))
        assembly.reply()
    except (ModelOutage, ModelMisbehaved):
        pass


def test_calls_without_an_id_get_one_of_their_own() -> None:
    assembly = ChatAssembly()
    for index in range(2):
        piece = {"index": index, "function": {"name": "ls", "arguments": "{}"}}
        assembly.take(json.dumps({"id": "c-7", "choices": [{"delta": {"tool_calls": [piece]}}]}))
    assembly.take(json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}]}))
    reply = assembly.reply()
    assert [call.id for call in reply.turn.calls] == ["c-7_0", "c-7_1"]
    assert reply.stopped_by == "calls"


def test_whole_calls_in_one_piece_without_an_index() -> None:
    assembly = ChatAssembly()
    calls = [{"id": name, "function": {"name": name, "arguments": "{}"}} for name in ("ls", "cat")]
    assembly.take(chunk(tool_calls=calls))
    assembly.take(json.dumps({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}))
    assert [call.name for call in assembly.reply().turn.calls] == ["ls", "cat"]


@pytest.mark.parametrize(("reason", "stopped_by"), [("length", "length"), ("content_filter", "refusal")])
def test_why_it_stopped_is_told(reason: str, stopped_by: str) -> None:
    assert assembled(openai_events(Says("x", stop=reason))).reply().stopped_by == stopped_by


def test_a_refusal_is_told() -> None:
    reply = assembled(openai_events(Says("I must not", refusal=True))).reply()
    assert (reply.stopped_by, reply.turn.text) == ("refusal", "I must not")


@pytest.mark.parametrize(
    ("error", "reason"),
    [({"code": 429}, "rate_limit"), ({"code": 502}, "server"), ({"type": "overloaded_error"}, "overload")],
)
def test_an_error_in_the_stream_is_an_outage(error: dict[str, object], reason: str) -> None:
    with pytest.raises(ModelOutage) as outage:
        ChatAssembly().take(json.dumps({"error": {"message": "bad\nluck", **error}}))
    assert (outage.value.reason, outage.value.message) == (reason, "the provider broke off: bad luck")


@pytest.mark.parametrize("data", ['{"choices": [{"del', "[]", "null", "Internal Server Error"])
def test_an_event_that_is_no_object_is_garbled(data: str) -> None:
    with pytest.raises(ModelMisbehaved):
        ChatAssembly().take(data)


def test_a_provider_that_remembers_talks_sends_the_same_bytes() -> None:
    plain, remembering = DIALECTS["openai"], DIALECTS["openai"].remembering()
    turns: tuple[Turn, ...] = (UserTurn("task"),)
    for number in range(40):
        call = ToolCall(f"c{number}", "run", "{}" if number % 3 else "broken")
        turns = (*turns, ModelTurn("", (call,)), ToolTurn((ToolResult(call.id, "run", f"said {number}"),)))
        if number == 20:
            turns = (turns[0], UserTurn("much is left out"), *turns[-6:])
        for talk in (turns, (UserTurn("another"), *turns[1:]), turns[:3], ()):
            asked = question(turns=talk)
            assert msgspec.json.encode(remembering.body(asked, "m")) == msgspec.json.encode(plain.body(asked, "m"))
