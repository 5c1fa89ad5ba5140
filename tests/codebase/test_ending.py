"""Whatever ends a process that indexes: it ends at once, nothing it started outlives it, and no index is torn."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.codebase.places import write

PROGRAM = "".join(
    f"def f{n}(a, b):\n    if a:\n        return f{n + 1}(b, a)\n    return [b]\n\n\n" for n in range(60)
)
FILES = 200
REQUEST = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "index", "arguments": {}}}

HUNG = """
import sys, threading, time
from journeyman.codebase import labour
from journeyman.codebase.digesting import Content
labour._START = ("import sys; sys.path[:0] = [sys.argv[1]]; from journeyman.codebase import labour\\n"
                 "def digest(*_):\\n    while True: pass\\nlabour.digest = digest; labour.serve()")
worker = labour.Worker(100)
threading.Thread(target=worker.digest, args=([Content(1, "", b"x")],), daemon=True).start()
time.sleep(100)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "large", {f"m{n}.py": f"{PROGRAM}X{n} = {n}\n" for n in range(FILES)})


def started(root: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "JOURNEYMAN_HOME": str(root.parent / "home")}
    return subprocess.Popen(
        [sys.executable, "-m", "journeyman", *words], env=environment, stdin=-1, stdout=-1, stderr=-1, text=True
    )


def offspring(pid: int) -> Iterator[int]:
    """Yield the living processes that a process has started, and theirs."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and state_of(int(entry.name))[1] == pid:
            yield int(entry.name)
            yield from offspring(int(entry.name))


def state_of(pid: int) -> tuple[str, int]:
    """Return the state of a process and who started it; Z for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "Z", 0
    return fields[0], int(fields[1])


def awaited(condition: Callable[[], object], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize(
    ("words", "how", "code"),
    [
        (["index"], signal.SIGINT, 130),
        (["index"], signal.SIGTERM, -signal.SIGTERM),
        (["index"], signal.SIGKILL, -signal.SIGKILL),
        (["index", "--watch"], signal.SIGINT, 130),
        (["mcp", "--root"], signal.SIGTERM, 0),
        (["mcp", "--root"], signal.SIGINT, 0),
        (["mcp", "--root"], signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_it_ends_at_once_with_its_parsers_and_the_index_is_whole(
    root: Path, words: list[str], how: signal.Signals, code: int
) -> None:
    with started(root, *words, str(root)) as process:
        assert process.stdin
        if words[0] == "mcp":
            process.stdin.write(json.dumps(REQUEST) + "\n")
            process.stdin.flush()
        assert awaited(lambda: len(list(offspring(process.pid))) >= 2), "two parsers work"
        parsers = list(offspring(process.pid))
        process.send_signal(how)
        assert process.wait(10) == code
        assert awaited(lambda: all(state_of(each)[0] == "Z" for each in parsers), 3)
    with started(root, "index", str(root), "--json") as again:
        report = json.loads(again.communicate()[0])
    assert report["parsed"] > 0, "it did not end by being done"
    assert (report["files"], report["rebuilt"], report["problems"]) == (FILES, "", [])


def test_a_server_whose_client_goes_answers_what_was_asked_and_leaves_nothing(root: Path) -> None:
    with started(root, "mcp", "--root", str(root)) as server:
        told, _ = server.communicate(json.dumps(REQUEST) + "\n", timeout=60)
        assert json.loads(told)["result"]["structuredContent"]["found"]["files"] == FILES
        assert server.returncode == 0
        assert not list(offspring(server.pid))


def test_a_parser_that_hangs_ends_with_the_process_that_waits_for_it() -> None:
    with subprocess.Popen([sys.executable, "-c", HUNG]) as process:
        assert awaited(lambda: list(offspring(process.pid)))
        (parser,) = offspring(process.pid)
        assert awaited(lambda: state_of(parser)[0] == "R")
        time.sleep(0.3)
        process.kill()
        assert awaited(lambda: state_of(parser)[0] == "Z", 3)


def test_an_expression_without_end_goes_with_the_server(tmp_path: Path) -> None:
    root = write(tmp_path / "one", {"a.txt": "a" * 64 + "\n"})
    asked = {"name": "search", "arguments": {"query": "(a+)+$x", "how": "regex"}}
    with started(root, "mcp", "--root", str(root)) as server:
        assert server.stdin
        server.stdin.write(json.dumps({**REQUEST, "params": asked}) + "\n")
        server.stdin.flush()
        assert awaited(lambda: list(offspring(server.pid)))
        searching = list(offspring(server.pid))
        server.terminate()
        assert server.wait(10) == 0
        assert awaited(lambda: all(state_of(each)[0] == "Z" for each in searching), 3)
