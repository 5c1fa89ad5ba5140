"""The signed webhook hears of a run from its beginning to its end, and a receiver that is down fails no run."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.project import CommandLine

SECRET = "a-secret-of-the-webhook"
RUN = ("--task", "mend the sum", "--mode", "bugfix", "--model", "none", "--json")


class Receiver(ThreadingHTTPServer):
    """Keeps what arrives."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_stage_arrives_signed_and_in_order(journeyman: CommandLine, remote: Path, receiver: Receiver) -> None:
    journeyman.variables |= {"ELIXIR_WEBHOOK_URL": receiver.url, "ELIXIR_WEBHOOK_SECRET": SECRET}
    done = journeyman("run", str(remote), *RUN)
    assert done.code == 0, done.err
    kinds = []
    for headers, body in receiver.received:
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["X-Journeyman-Signature-256"] == f"sha256={signature}"
        payload = json.loads(body)
        assert payload["workflow_id"] == done.json["run_id"]
        assert set(payload) == {
            "workflow_id",
            "company_id",
            "project_id",
            "task_id",
            "notification_type",
            "message",
            "details",
            "timestamp",
        }
        kinds.append(payload["notification_type"])
    assert kinds == [
        "workflow_started",
        "repo_cloned",
        "branch_created",
        "plan_created",
        "implementation_started",
        "implementation_step",
        "validation_started",
        "validation_completed",
        "changes_committed",
        "changes_pushed",
        "workflow_completed",
    ]


def test_a_receiver_that_is_down_fails_no_run(journeyman: CommandLine, remote: Path, receiver: Receiver) -> None:
    url = receiver.url
    journeyman.variables |= {"ELIXIR_WEBHOOK_URL": "http://127.0.0.1:9/hook", "ELIXIR_WEBHOOK_SECRET": SECRET}
    done = journeyman("run", str(remote), *RUN)
    assert done.code == 0, done.err
    journeyman.variables["ELIXIR_WEBHOOK_URL"] = url
    assert SECRET not in done.err
