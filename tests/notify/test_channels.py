from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from journeyman.domain.errors import BadSettings, Outage
from journeyman.domain.runs import Notification, NotificationType
from journeyman.notify import Channel
from journeyman.notify.memory import MemoryChannel
from journeyman.notify.webhook import SIGNATURE, SignedWebhook
from tests.notify.receiver import Receiver, receiving

PLAN = Notification(
    "w1", "c", "p", "t", NotificationType.PLAN_CREATED, "ein Plan é", {"steps": 3}, datetime(2026, 11, 20, tzinfo=UTC)
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.mark.parametrize("kind", ["webhook", "memory"])
async def test_what_is_sent_arrives_in_order_and_failures_are_outages(kind: str, receiver: Receiver) -> None:
    memory = MemoryChannel()
    channel: Channel = memory if kind == "memory" else SignedWebhook(receiver.url, "s3cret")
    await channel.send(PLAN)
    memory.down = True
    receiver.answer = lambda: 503
    with pytest.raises(Outage):
        await channel.send(PLAN)
    memory.down = False
    receiver.answer = lambda: 200
    await channel.send(PLAN)
    await channel.close()
    assert len(memory.arrived if kind == "memory" else receiver.received) == (2 if kind == "memory" else 3)


async def test_the_signature_covers_the_raw_bytes(receiver: Receiver) -> None:
    webhook = SignedWebhook(receiver.url, "s3cret é")
    await webhook.send(PLAN)
    await webhook.close()
    (got,) = receiver.received
    expected = hmac.new("s3cret é".encode(), got.body, hashlib.sha256).hexdigest()
    assert got.headers[SIGNATURE] == f"sha256={expected}"
    assert SIGNATURE == "X-Journeyman-Signature-256"
    assert got.headers["Content-Type"] == "application/json"
    assert json.loads(got.body) == {
        "workflow_id": "w1",
        "company_id": "c",
        "project_id": "p",
        "task_id": "t",
        "notification_type": "plan_created",
        "message": "ein Plan é",
        "details": {"steps": 3},
        "timestamp": "2026-11-20T00:00:00Z",
    }


@pytest.mark.parametrize(
    ("status", "reason"), [(301, "status 301"), (404, "status 404"), (500, "status 500"), (0, "RemoteProtocolError")]
)
async def test_what_the_receiver_does_not_take_is_an_outage(receiver: Receiver, status: int, reason: str) -> None:
    receiver.answer = lambda: status
    webhook = SignedWebhook(receiver.url, "s3cret")
    with pytest.raises(Outage) as outage:
        await webhook.send(PLAN)
    await webhook.close()
    assert reason in outage.value.line()
    assert len(receiver.received) == 1
    assert "canary" not in outage.value.line()
    assert "s3cret" not in outage.value.line()


async def test_a_receiver_that_never_answers_is_given_up(receiver: Receiver) -> None:
    receiver.answer = lambda: -1
    webhook = SignedWebhook(receiver.url, "s3cret", timeout_seconds=0.05)
    with pytest.raises(Outage, match="ReadTimeout"):
        await webhook.send(PLAN)
    await webhook.close()


async def test_a_receiver_that_is_not_there_is_an_outage() -> None:
    webhook = SignedWebhook("http://127.0.0.1:1/hook?key=canary", "s3cret")
    with pytest.raises(Outage, match=r"127\.0\.0\.1") as outage:
        await webhook.send(PLAN)
    assert "canary" not in outage.value.line()
    await webhook.close()


@pytest.mark.parametrize("url", ["http://[", "ftp://127.0.0.1/x", "nonsense", "http://h:port/", "https://", ""])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadSettings, match="is not a URL"):
        SignedWebhook(url, "s3cret")


def test_httpx_is_imported_by_the_first_sending_only() -> None:
    program = (
        "import sys, journeyman.notify.webhook, journeyman.notify.dispatch\n"
        "journeyman.notify.webhook.SignedWebhook('http://h', 's')\n"
        "print('httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
