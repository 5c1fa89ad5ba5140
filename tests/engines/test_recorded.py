"""Runs recorded by every version so far, gone through again by today's flow: a run that was begun must go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from journeyman.domain.errors import FlowBroken
from journeyman.domain.runs import Order
from journeyman.engines import Flow
from journeyman.engines.embedded import JournalEngine
from journeyman.engines.inline import MemoryJournal
from journeyman.engines.temporal.flows import DeliverChange
from journeyman.flows import deliver_change
from tests.engines.deliveries import WAYS, changed_delivery
from tests.engines.workflows import ChangedDelivery
from tests.store.rows import Clock, counted_ids

RECORDED = Path(__file__).parent / "recorded"
JOURNALS = sorted(RECORDED.glob("*/*.journal.json"))
HISTORIES = sorted(RECORDED.glob("*/*.temporal.json"))
THROUGH_COMMIT = ("straight", "recovered", "decided", "revived")


def way_of(path: Path) -> str:
    return path.name.split(".")[0]


def name_of(path: Path) -> str:
    return f"{path.parent.name}-{way_of(path)}"


async def replayed_from_journal(path: Path, flow: Flow) -> str:
    journal, order = MemoryJournal(Clock()), Order(f"recorded-{way_of(path)}")
    lease = await journal.lease(order.run_id)
    assert lease is not None
    for position, (name, result) in enumerate(json.loads(path.read_text())):
        await journal.write(order.run_id, lease.fence, position, name, result)
    await lease.release()
    # There is no body for any step: what is recorded must do.
    return await JournalEngine(journal, flow, {}, Clock(), counted_ids()).run(order)


async def replayed_from_temporal(path: Path, flow: type) -> None:
    events = {"events": json.loads(path.read_text())}
    history = WorkflowHistory.from_json(f"recorded-{way_of(path)}", json.dumps(events))
    replayer = Replayer(workflows=[flow], workflow_runner=UnsandboxedWorkflowRunner())
    await replayer.replay_workflow(history)


def test_every_way_is_recorded_on_both_engines() -> None:
    assert {way_of(path) for path in JOURNALS} == {way_of(path) for path in HISTORIES} == set(WAYS)


@pytest.mark.parametrize("path", JOURNALS, ids=name_of)
async def test_todays_flow_goes_through_every_recorded_journal(path: Path) -> None:
    assert await replayed_from_journal(path, deliver_change) == WAYS[way_of(path)].ends


@pytest.mark.parametrize("path", HISTORIES, ids=name_of)
async def test_todays_flow_goes_through_every_recorded_history(path: Path) -> None:
    await replayed_from_temporal(path, DeliverChange)


@pytest.mark.parametrize("name", THROUGH_COMMIT)
async def test_a_changed_flow_is_reported_by_the_journal(name: str) -> None:
    with pytest.raises(FlowBroken, match="is 'step commit', but the flow now asks for 'step validate'"):
        await replayed_from_journal(RECORDED / "0.1.0" / f"{name}.journal.json", changed_delivery)


@pytest.mark.parametrize("name", THROUGH_COMMIT)
async def test_a_changed_flow_is_reported_by_temporal(name: str) -> None:
    with pytest.raises(workflow.NondeterminismError, match="commit"):
        await replayed_from_temporal(RECORDED / "0.1.0" / f"{name}.temporal.json", ChangedDelivery)


@pytest.mark.parametrize("path", HISTORIES, ids=name_of)
def test_a_history_is_short_and_its_payloads_are_small(path: Path) -> None:
    events = json.loads(path.read_text())
    assert len(events) < 200
    payloads = [text for event in events for text in data_in(event)]
    assert payloads
    assert max(map(len, payloads)) < 500


def data_in(value: object) -> list[str]:
    """Every payload's data, as base64."""
    if isinstance(value, dict):
        own = [value["data"]] if isinstance(value.get("data"), str) else []
        return own + [text for item in value.values() for text in data_in(item)]
    return [text for item in value for text in data_in(item)] if isinstance(value, list) else []
