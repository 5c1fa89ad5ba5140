"""A provider on a random loopback port that speaks both protocols, as told: answers, faults and all.

    with ProviderServer([Says("hello"), Fails(429, retry_after="2"), Says(calls=[call("ls")])]) as server:
        ...  # server.openai_url, server.anthropic_url, server.asked

It runs in threads of its own, so that programs in other processes can be served too. Where the list has ended it says
"Done."; instead of a list it takes a function from the request to what is to be done.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from journeyman.domain.conversation import Usage

USAGE = Usage(100, 20)
Event = tuple[str, str]
"""The name of a server-sent event ("" for none) and its data."""


@dataclass(frozen=True)
class Says:
    """An answer. `breaks`: "" | reset | end | garble, after half of the events. `calls`: (name, arguments as JSON).

    `usage` None leaves it out; `seconds` pass before the answer, `pause` between its pieces.
    """

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    usage: Usage | None = USAGE
    stop: str = ""
    breaks: str = ""
    seconds: float = 0.0
    pause: float = 0.0
    pieces: int = 3
    refusal: bool = False


@dataclass(frozen=True)
class Fails:
    """An HTTP error, or any other plain answer."""

    status: int
    message: str = "told to fail"
    retry_after: str = ""
    body: str | None = None
    content_type: str = "application/json"


@dataclass(frozen=True)
class ReportsError:
    """A stream that begins and then reports an error."""

    kind: str = "overloaded_error"
    code: int | None = None


@dataclass(frozen=True)
class HangsUp:
    """A connection that is closed without an answer."""


Deed = Says | Fails | ReportsError | HangsUp


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)

    @property
    def anthropic(self) -> bool:
        return self.path.endswith("/messages")

    @property
    def key(self) -> str:
        return self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")


def call(tool: str, **arguments: Any) -> tuple[str, str]:
    """Return a tool call for `Says`."""
    return tool, json.dumps(arguments)


class ProviderServer:
    """The server; `asked` are the requests so far. With a `key`, requests with another one are turned away."""

    def __init__(self, deeds: Iterable[Deed] | Callable[[Asked], Deed] = (), key: str = "") -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self._choose = deeds if callable(deeds) else _in_turn(iter(deeds))
        self._key = key
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        return self.url

    def __enter__(self) -> ProviderServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def choose(self, asked: Asked) -> Deed:
        with self._lock:
            self.asked.append(asked)
            if self._key and asked.key != self._key:
                return Fails(401, f"invalid key {asked.key}")
            return self._choose(asked)


def _in_turn(deeds: Iterator[Deed]) -> Callable[[Asked], Deed]:
    return lambda asked: next(deeds, Says("Done."))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    owner: ProviderServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: _Server

    def setup(self) -> None:
        self.server.owner.connections += 1
        super().setup()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, raw)
        deed = self.server.owner.choose(asked)
        match deed:
            case Says():
                time.sleep(deed.seconds)
                self._stream(_events(asked, deed), deed.breaks, deed.pause)
            case Fails():
                self._fail(deed)
            case ReportsError():
                self._stream([*_events(asked, Says("so far"))[:2], _error_event(asked, deed)], "end", 0)
            case HangsUp():
                self._reset()

    def _fail(self, deed: Fails) -> None:
        error = {"type": "error", "error": {"type": "told_error", "message": deed.message}}
        body = (json.dumps(error) if deed.body is None else deed.body).encode()
        self.send_response(deed.status)
        self.send_header("Content-Type", deed.content_type)
        self.send_header("Content-Length", str(len(body)))
        if deed.retry_after:
            self.send_header("Retry-After", deed.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: list[Event], breaks: str, pause: float) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for name, data in events[: len(events) // 2] if breaks in ("reset", "garble") else events:
            self._chunk((f"event: {name}\n" if name else "") + f"data: {data}\n\n")
            if pause:
                self.wfile.flush()
                time.sleep(pause)
        if breaks == "garble":
            self._chunk('data: {"choices": [{"del\n\n')
        if breaks == "reset":
            self.wfile.flush()
            self._reset()
            return
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        content = text.encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _events(asked: Asked, deed: Says) -> list[Event]:
    events = anthropic_events(deed, asked.body) if asked.anthropic else openai_events(deed)
    return events[: len(events) // 2] if deed.breaks == "end" else events


def _error_event(asked: Asked, deed: ReportsError) -> Event:
    error: dict[str, Any] = {"type": deed.kind, "message": "told to fail"}
    if deed.code is not None:
        error["code"] = deed.code
    return ("error" if asked.anthropic else "", json.dumps({"type": "error", "error": error}))


def _cut(text: str, pieces: int) -> list[str]:
    size = max(1, -(-len(text) // max(1, pieces)))
    return [text[start : start + size] for start in range(0, len(text), size)]


def openai_events(deed: Says) -> list[Event]:
    """Return an answer as Chat Completions streams it."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"refusal" if deed.refusal else "content": piece} for piece in _cut(deed.text, deed.pieces)]
    for index, (name, arguments) in enumerate(deed.calls):
        begin = {"index": index, "id": f"call_{name}_{index}", "type": "function"}
        deltas.append({"tool_calls": [{**begin, "function": {"name": name, "arguments": ""}}]})
        for piece in _cut(arguments, deed.pieces):
            deltas.append({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    stop = deed.stop or ("tool_calls" if deed.calls else "stop")
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": stop}]})
    if deed.usage is not None:
        chunks.append({"choices": [], "usage": openai_usage(deed.usage)})
    return [("", json.dumps({"id": "chatcmpl-1", **chunk})) for chunk in chunks] + [("", "[DONE]")]


def openai_usage(usage: Usage) -> dict[str, Any]:
    """Return a usage as Chat Completions reports it."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens},
    }


def anthropic_events(deed: Says, body: dict[str, Any]) -> list[Event]:
    """Return an answer as Messages streams it; where a tool is forced, the text is that tool's input."""
    forced = body.get("tool_choice", {}).get("name", "")
    calls = [*deed.calls, *([(forced, deed.text)] if forced and not deed.refusal else [])]
    blocks: list[tuple[dict[str, Any], str, list[str]]] = []
    if deed.text and not (forced and not deed.refusal):
        blocks.append(({"type": "text", "text": ""}, "text", _cut(deed.text, deed.pieces)))
    for index, (name, arguments) in enumerate(calls):
        begin = {"type": "tool_use", "id": f"toolu_{name}_{index}", "name": name, "input": {}}
        blocks.append((begin, "partial_json", ["", *_cut(arguments, deed.pieces)]))
    usage = anthropic_usage(deed.usage)
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {"id": "msg_1", **usage}}, {"type": "ping"}]
    for index, (begin, field_name, pieces) in enumerate(blocks):
        kind = "text_delta" if field_name == "text" else "input_json_delta"
        events.append({"type": "content_block_start", "index": index, "content_block": begin})
        for piece in pieces:
            delta = {"type": kind, field_name: piece}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    stop = deed.stop or ("refusal" if deed.refusal else "tool_use" if calls else "end_turn")
    spent = {"usage": {"output_tokens": deed.usage.output_tokens}} if deed.usage else {}
    events += [{"type": "message_delta", "delta": {"stop_reason": stop}, **spent}, {"type": "message_stop"}]
    return [(event["type"], json.dumps(event)) for event in events]


def anthropic_usage(usage: Usage | None) -> dict[str, Any]:
    """Return a usage as Messages reports it at the start."""
    if usage is None:
        return {}
    plain = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
    reported = {
        "input_tokens": plain,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "output_tokens": 1,
    }
    return {"usage": reported}
