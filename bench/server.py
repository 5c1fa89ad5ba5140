"""A model server on loopback that speaks OpenAI chat completions from a script. Run as a process of its own.

The first part of the address names the session: `/NAME/TURNS/v1/chat/completions`. In a session the coder is given
TURNS turns of one shell command each that changes a file, then its ending. A question with an answer schema is given
an answer of that shape. `GET /NAME` returns the session's marks: pairs of seconds by the monotonic clock, when a
request was read to its end and when its answer was sent. It does not think: what lies between two turns is the
client's own time.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Message = dict[str, Any]

PLAN = {
    "steps": ["count"],
    "files_to_create": [],
    "files_to_modify": ["part000/module00000.py"],
    "estimated_steps": 1,
    "validation_criteria": ["the checks pass"],
}
CONTENT: Message = {"judged": [], "issues": [], "suggestions": []}
RIVALS_END = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
USAGE = {"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020}


def command(number: int, name: str = "count") -> str:
    """Return the shell command of a turn: it changes one small file and says one line."""
    return f"echo '{name} = {number}' > part000/module00000.py && cat part000/module00000.py"


class Session:
    """One run of one client."""

    def __init__(self, turns: int, name: str = "count") -> None:
        self.turns = turns
        self.name = name
        self.given = 0
        self.marks: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def answer(self, request: Message) -> Message:
        """Return the next message to a request."""
        tools = {tool["function"]["name"] for tool in request.get("tools") or ()}
        if "bash" in tools:
            return self._turn("bash", RIVALS_END)
        if "run_shell_command" in tools:
            return self._turn("run_shell_command", None)
        return _says(json.dumps(PLAN if "estimated_steps" in json.dumps(request) else CONTENT))

    def _turn(self, tool: str, ending: str | None) -> Message:
        number = self.given
        self.given += 1
        if number < self.turns:
            return _calls(tool, command(number, self.name), number)
        return _calls(tool, ending, number) if ending else _says("The work is done.")


def _says(text: str) -> Message:
    return {"role": "assistant", "content": text}


def _calls(tool: str, line: str, number: int) -> Message:
    function = {"name": tool, "arguments": json.dumps({"command": line})}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": f"call_{number}", "type": "function", "function": function}],
    }


def whole(message: Message, model: str) -> bytes:
    """Return an answer in one piece."""
    choice = {"index": 0, "message": message, "finish_reason": _finish(message)}
    return json.dumps(_envelope("chat.completion", model, [choice], USAGE)).encode()


def streamed(message: Message, model: str) -> bytes:
    """Return an answer as server-sent events."""
    return b"".join(b"data: " + piece + b"\n\n" for piece in _pieces(message, model))


def _pieces(message: Message, model: str) -> Iterator[bytes]:
    delta = dict(message)
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": index, **call} for index, call in enumerate(delta["tool_calls"])]
    first = {"index": 0, "delta": delta, "finish_reason": None}
    last = {"index": 0, "delta": {}, "finish_reason": _finish(message)}
    for choices, usage in (([first], None), ([last], None), ([], USAGE)):
        yield json.dumps(_envelope("chat.completion.chunk", model, choices, usage)).encode()
    yield b"[DONE]"


def _finish(message: Message) -> str:
    return "tool_calls" if "tool_calls" in message else "stop"


def _envelope(kind: str, model: str, choices: list[Message], usage: Message | None) -> Message:
    envelope = {"id": "chatcmpl-bench", "object": kind, "created": 0, "model": model, "choices": choices}
    return {**envelope, "usage": usage} if usage else envelope


class Handler(BaseHTTPRequestHandler):
    """Answers for all sessions of the process."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    sessions: dict[str, Session] = {}  # noqa: RUF012
    unknown: dict[str, int] = defaultdict(int)  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received = time.monotonic()
        name, turns = self.path.strip("/").split("/")[:2]
        request = json.loads(body)
        model = str(request.get("model", ""))
        session = self._session(name, int(turns), model)
        message = session.answer(request)
        # Who has read an answer may ask for its mark at once: the lock makes that wait until it is there.
        with session.lock:
            if request.get("stream"):
                self._send("text/event-stream", streamed(message, model))
            else:
                self._send("application/json", whole(message, model))
            session.marks.append({"received": received, "answered": time.monotonic(), "coder": "tools" in request})

    def _session(self, name: str, turns: int, model: str) -> Session:
        """Return the session of an address; a model of another name than `bench` has one of its own there."""
        if model == "bench":
            return self.sessions.setdefault(name, Session(turns))
        return self.sessions.setdefault(f"{name}/{model}", Session(turns, model))

    def do_GET(self) -> None:
        session = self.sessions.get(self.path.strip("/"), Session(0))
        with session.lock:
            marks = sorted(session.marks, key=lambda mark: mark["received"])
        self._send("application/json", json.dumps(marks).encode())

    def _send(self, kind: str, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Listen on a free port, say which, and serve until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)

    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
