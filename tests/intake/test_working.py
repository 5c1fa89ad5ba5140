"""A worker takes what nobody is at work on, as much at once as it may, and leaves well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from journeyman.domain.runs import StepGiven, StepReport
from journeyman.domain.states import Event, State
from journeyman.engines.embedded import JournalEngine
from journeyman.flows import CONCLUDE, STEP_OF, deliver_change
from journeyman.intake import CarryingOut, Equipping, Taking
from journeyman.intake.working import Patience
from journeyman.store.audit import StoredAudit
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from journeyman.store.mailbox import StoredMailbox
from journeyman.store.runs import StoredRuns
from journeyman.store.secrets import SecretFile
from tests.flows.context import FORWARD, STATE_OF
from tests.store.rows import a_run, counted_ids

QUICK = Patience(look=0.02, held=0.1, failed=60.0, grace=0.1)


def now() -> datetime:
    return datetime.now(UTC)


class Office:
    """A store with runs in it, and workers whose steps only say how they end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.database = Database(f"sqlite:///{folder}/journeyman.db")
        self.runs = StoredRuns(self.database)
        self.journal = StoredJournal(self.database, now)
        self.said: list[str] = []
        self.let_go: list[str] = []
        self.at_work: set[str] = set()
        self.most = 0
        self.begun: list[tuple[str, str]] = []
        self.gate = asyncio.Event()
        self.asks = False

    def worker(self, at_once: int) -> Taking:
        steps = dict.fromkeys(STEP_OF.values(), self._end) | {CONCLUDE: self._conclude}
        engine = JournalEngine(self.journal, deliver_change, steps, now, counted_ids())
        self.carrying_out = CarryingOut(
            runs=self.runs,
            mailbox=StoredMailbox(self.database),
            audit=StoredAudit(self.database, now),
            engine=engine,
            equipping=Equipping(SecretFile(self._folder / "secrets.json")),
            check_model=lambda model, budget: None,
            deliver=self._deliver,
            clock=now,
        )
        return Taking(self.runs, self.carrying_out, self._let_go, at_once, self.said.append, QUICK)

    @asynccontextmanager
    async def working(self, at_once: int = 2) -> AsyncIterator[None]:
        stop = asyncio.Event()
        work = asyncio.ensure_future(self.worker(at_once).work(stop))
        try:
            yield
        finally:
            stop.set()
            await work

    async def submit(self, *names: str) -> None:
        for number, name in enumerate(names):
            await self.runs.create(a_run(name, at=now() + timedelta(seconds=number)))

    async def until(self, state: State, *names: str) -> None:
        async with asyncio.timeout(20):
            while any([(await self.runs.get(name)).state is not state for name in names]):
                await asyncio.sleep(0.01)

    async def _end(self, given: StepGiven) -> StepReport:
        state = self._state(given)
        self.begun.append((given.run_id, state.value))
        await self.runs.set_state(given.run_id, state, None, now())
        if state is State.CODE:
            await self._at_work(given.run_id)
        if state is State.REVIEW and self.asks:
            await self.runs.learn(given.run_id, notes={"asked": given.round})
            await self.runs.set_state(given.run_id, State.WAITING, Event.NEEDS_PERSON, now())
            return StepReport(Event.NEEDS_PERSON)
        return StepReport(FORWARD[state])

    def _state(self, given: StepGiven) -> State:
        """The state after the last one that this run began; nothing is done twice here."""
        order = list(STATE_OF.values())
        done = [state for run_id, state in self.begun if run_id == given.run_id]
        return order[order.index(State(done[-1])) + 1] if done else order[0]

    async def _at_work(self, run_id: str) -> None:
        if run_id == "bad":
            raise KeyError("a bug")
        self.at_work.add(run_id)
        self.most = max(self.most, len(self.at_work))
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.begun.pop()
            raise
        finally:
            self.at_work.discard(run_id)

    async def _conclude(self, given: StepGiven) -> StepReport:
        await self.runs.set_state(given.run_id, State(given.state), Event(given.event), now())
        return StepReport(Event.DONE)

    async def _let_go(self, run_id: str) -> None:
        self.let_go.append(run_id)

    async def _deliver(self) -> None:
        return None


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    yield office
    await office.database.close()


async def test_no_more_at_once_than_it_may(office: Office) -> None:
    names = [f"run-{number}" for number in range(5)]
    await office.submit(*names)
    async with office.working(at_once=2):
        await office.until(State.CODE, *names[:2])
        await asyncio.sleep(0.1)
        assert office.at_work == set(names[:2])
        office.gate.set()
        await office.until(State.COMPLETE, *names)
    assert office.most == 2
    assert sorted(office.let_go) == names
    assert "run run-0: complete" in office.said


async def test_what_another_process_holds_is_left_and_taken_when_it_dies(office: Office) -> None:
    await office.submit("held", "free")
    other = StoredJournal(office.database, now)
    lease = await other.lease("held")
    del office.database.fences["held"]
    assert lease is not None
    office.gate.set()
    async with office.working(at_once=1):
        await office.until(State.COMPLETE, "free")
        assert (await office.runs.get("held")).state is State.INIT
        await lease.release()
        await office.until(State.COMPLETE, "held")


async def test_a_fault_of_our_own_in_one_run_is_told_once_and_does_not_end_the_others(office: Office) -> None:
    await office.submit("bad", "good")
    office.gate.set()
    async with office.working(at_once=1):
        await office.until(State.COMPLETE, "good")
        await asyncio.sleep(0.1)
    assert [line for line in office.said if "bad" in line] == [
        "run bad: an error of Journeyman's own: KeyError('a bug')"
    ]
    assert (await office.runs.get("bad")).state is State.CODE


async def test_a_worker_that_ends_leaves_its_run_to_the_next(office: Office) -> None:
    await office.submit("long")
    async with office.working():
        await office.until(State.CODE, "long")
    assert office.let_go == ["long"]
    office.gate.set()
    async with office.working():
        await office.until(State.COMPLETE, "long")
    assert len(office.begun) == len(set(office.begun)) == len(STEP_OF)


async def test_a_waiting_run_is_taken_when_a_person_has_answered(office: Office) -> None:
    await office.submit("asks")
    office.asks = True
    office.gate.set()
    async with office.working():
        await office.until(State.WAITING, "asks")
        await asyncio.sleep(0.1)
        assert office.let_go == ["asks"]
        await office.carrying_out.approve("asks")
        await office.until(State.COMPLETE, "asks")


async def test_runs_of_another_engine_are_not_taken(office: Office) -> None:
    await office.runs.create(msgspec.structs.replace(a_run("elsewhere"), engine="temporal"))
    await office.submit("here")
    office.gate.set()
    async with office.working():
        await office.until(State.COMPLETE, "here")
    assert (await office.runs.get("elsewhere")).state is State.INIT
