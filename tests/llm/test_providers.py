"""Each fault of a real server on loopback, in both protocols: what it is called, and who pays."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.domain.conversation import ModelTurn, Usage
from journeyman.domain.errors import ModelMisbehaved, ModelOutage, ModelRefused
from journeyman.llm.providers import HttpProvider
from journeyman.llm.settings import Patience, Providers, model_name
from journeyman.llm.wire.contract import Reply, SentOutage
from tests.llm.servers import Fails, HangsUp, ProviderServer, ReportsError, Says, call, openai_events
from tests.llm.talk import ANTHROPIC, LOCAL, OPENAI, JumpingTime, providers, question

both = pytest.mark.parametrize("model", [OPENAI, ANTHROPIC])


async def sent(server: ProviderServer, model: str, patience: Patience = Patience(), **asked: object) -> Reply:
    name = model_name(model)
    provider = HttpProvider(name.provider, providers(server, patience=patience), JumpingTime())
    try:
        body = msgspec.json.encode(provider.body(question(**asked), name.name))
        return await provider.send(name, body, "key-1")
    finally:
        await provider.close()


@both
async def test_an_answer_with_parallel_calls_and_cached_tokens(model: str) -> None:
    usage = Usage(1000, 50, cache_read_tokens=900)
    with ProviderServer([Says("Both ä€😀 at once.", (call("ls", path="."), call("cat", path="ä")))]) as server:
        reply = await sent(server, model)
    assert reply.turn.text == "Both ä€😀 at once."
    assert [(made.name, msgspec.json.decode(made.arguments)) for made in reply.turn.calls] == [
        ("ls", {"path": "."}),
        ("cat", {"path": "ä"}),
    ]
    assert len({made.id for made in reply.turn.calls}) == 2
    with ProviderServer([Says("x", usage=usage)]) as server:
        assert (await sent(server, model)).usage == usage


@pytest.mark.parametrize(
    ("model", "path", "header"),
    [
        (OPENAI, "/v1/chat/completions", ("authorization", "Bearer key-openai")),
        (LOCAL, "/v1/chat/completions", ("authorization", None)),
        (ANTHROPIC, "/v1/messages", ("x-api-key", "key-anthropic")),
    ],
)
async def test_where_and_how_it_is_asked(model: str, path: str, header: tuple[str, str | None]) -> None:
    with ProviderServer() as server:
        await sent(server, model)
    (asked,) = server.asked
    assert asked.path == path
    assert asked.headers.get(header[0]) == header[1]
    assert asked.headers["idempotency-key"] == "key-1"
    assert asked.headers["content-type"] == "application/json"


@both
@pytest.mark.parametrize(
    ("deed", "reason", "billed"),
    [
        (Fails(429, retry_after="2"), "rate_limit", False),
        (Fails(500), "server", False),
        (Fails(502, body="<html>bad gateway</html>", content_type="text/html"), "server", False),
        (Fails(503), "overload", False),
        (Fails(529), "overload", False),
        (Says("a long answer", breaks="reset"), "network", True),
        (Says("a long answer", breaks="end"), "network", True),
        (HangsUp(), "network", True),
        (ReportsError("overloaded_error"), "overload", True),
    ],
)
async def test_an_outage_is_told_by_its_reason(model: str, deed, reason: str, billed: bool) -> None:
    with ProviderServer([deed]) as server, pytest.raises(ModelOutage) as outage:
        await sent(server, model)
    assert outage.value.reason == reason
    assert outage.value.retry_after == (2.0 if reason == "rate_limit" else None)
    assert isinstance(outage.value, SentOutage) is billed


@both
async def test_an_event_of_half_a_json_is_misbehaviour(model: str) -> None:
    with ProviderServer([Says("a long answer", breaks="garble")]) as server, pytest.raises(ModelMisbehaved):
        await sent(server, model)


@both
@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (Fails(401), "key"),
        (Fails(403), "key"),
        (Fails(404), "not known"),
        (Fails(400, "too many tokens"), "too many tokens"),
        (Fails(200, body="<html></html>", content_type="text/html"), "text/html"),
    ],
)
async def test_what_no_retry_mends_is_refused(model: str, deed: Fails, words: str) -> None:
    with ProviderServer([deed]) as server, pytest.raises(ModelRefused, match=words):
        await sent(server, model)


@both
async def test_a_wrong_key_is_refused(model: str) -> None:
    with ProviderServer(key="another") as server, pytest.raises(ModelRefused, match="key was not accepted"):
        await sent(server, model)


@both
async def test_a_missing_usage_is_told_as_none(model: str) -> None:
    with ProviderServer([Says("x", usage=None)]) as server:
        assert (await sent(server, model)).usage is None


@both
async def test_broken_arguments_are_passed_on_as_they_are(model: str) -> None:
    with ProviderServer([Says(calls=(("ls", '{"path": "'),))]) as server:
        reply = await sent(server, model)
    assert reply.turn.calls[0].arguments == '{"path": "'


@both
@pytest.mark.parametrize(
    ("deed", "patience"),
    [
        (Says("late", seconds=5), Patience(between=0.05)),
        (Says("drop by drop" * 50, pause=0.02, pieces=500), Patience(between=5, whole=0.1)),
    ],
)
async def test_a_slow_answer_is_a_timeout(model: str, deed: Says, patience: Patience) -> None:
    began = time.monotonic()
    with ProviderServer([deed]) as server, pytest.raises(SentOutage) as outage:
        await sent(server, model, patience)
    assert outage.value.reason == "timeout"
    assert time.monotonic() - began < 3


def test_an_address_may_end_in_a_slash_or_in_the_version() -> None:
    given = Providers(addresses={"anthropic": "http://h/v1/", "openai": "http://h/v1/"})
    assert (given.address("anthropic"), given.address("openai")) == ("http://h", "http://h/v1")
    assert Providers().address("openrouter") == "https://openrouter.ai/api/v1"
    assert Providers().address("local") == ""


async def test_nobody_there_is_an_unbilled_network_outage() -> None:
    with ProviderServer() as server:
        pass
    with pytest.raises(ModelOutage) as outage:
        await sent(server, LOCAL)
    assert outage.value.reason == "network"
    assert not isinstance(outage.value, SentOutage)


async def test_an_answer_that_ends_but_a_server_that_lingers() -> None:
    """Some servers keep the stream open after its last event: the answer is whole without their end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        writer.write(
            b'data: {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
        )
        await writer.drain()
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        provider = HttpProvider("local", Providers(addresses={"local": f"http://127.0.0.1:{port}"}), JumpingTime())
        reply = await provider.send(model_name(LOCAL), b"{}", "k")
        await provider.close()
    assert reply == Reply(ModelTurn("hi"), None, "end")


@both
async def test_one_connection_serves_many_questions(model: str) -> None:
    name = model_name(model)
    with ProviderServer() as server:
        provider = HttpProvider(name.provider, providers(server), JumpingTime())
        for _ in range(5):
            await provider.send(name, msgspec.json.encode(provider.body(question(), name.name)), "k")
        await provider.close()
        assert (len(server.asked), server.connections) == (5, 1)


@given(data=st.data(), text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_network_cuts_the_stream_the_answer_is_the_same(data: st.DataObject, text: str) -> None:
    ending = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    stream = "".join(
        f": ping{ending}data: {event}{ending}{ending}" for _, event in openai_events(Says(text))
    ).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    async def asked() -> Reply:
        listening = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            settings_ = Providers(addresses={"local": f"http://127.0.0.1:{port}"})
            provider = HttpProvider("local", settings_, JumpingTime())
            try:
                return await provider.send(model_name(LOCAL), b"{}", "k")
            finally:
                await provider.close()

    assert asyncio.run(asked()) == Reply(ModelTurn(text), Usage(100, 20), "end")
