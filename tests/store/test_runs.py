from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from journeyman.domain.checks import Check, CheckKind, CheckOutcome, CheckReport
from journeyman.domain.errors import LeaseLost, UnknownRun
from journeyman.domain.request import Credentials, CredentialType
from journeyman.domain.result import Plan, Result
from journeyman.domain.states import Event, State
from journeyman.store.database import Database
from journeyman.store.journal import StoredJournal
from journeyman.store.runs import StoredRuns
from tests.store.rows import START, Clock, a_run


async def test_a_run_comes_back_as_it_was(database: Database) -> None:
    runs, run = StoredRuns(database), a_run(budget=1.5)
    await runs.create(run)
    assert await runs.get(run.run_id) == run


async def test_credentials_never_reach_the_database(database: Database) -> None:
    run = a_run()
    secret = Credentials(CredentialType.ACCESS_TOKEN, access_token="ghp_canary")
    with_secret = msgspec.structs.replace(
        run,
        request=msgspec.structs.replace(
            run.request, repository=msgspec.structs.replace(run.request.repository, credentials=secret)
        ),
    )
    await StoredRuns(database).create(with_secret)
    kept = await StoredRuns(database).get(run.run_id)
    assert kept.request.repository.credentials == Credentials(CredentialType.ACCESS_TOKEN)
    rows = await database.look(lambda connection: connection.exec_driver_sql("SELECT * FROM runs").all())
    assert "ghp_canary" not in str(rows)


async def test_a_run_is_found_by_its_beginning(database: Database) -> None:
    runs = StoredRuns(database)
    for run_id in ("0193-aaaa", "0193-aabb", "0193-a"):
        await runs.create(a_run(run_id))
    assert (await runs.get("0193-aab")).run_id == "0193-aabb"
    assert (await runs.get("0193-a")).run_id == "0193-a"
    with pytest.raises(UnknownRun, match="several runs begin with '0193-aa'"):
        await runs.get("0193-aa")


@pytest.mark.parametrize("nonsense", ["", "%", "_", "0194", "'; drop table runs --"])
async def test_an_unknown_run_names_the_known_ones(database: Database, nonsense: str) -> None:
    runs = StoredRuns(database)
    with pytest.raises(UnknownRun) as none:
        await runs.get(nonsense)
    assert "journeyman run" in none.value.advice
    await runs.create(a_run())
    with pytest.raises(UnknownRun) as some:
        await runs.get(nonsense)
    assert "0193-aaaa" in some.value.advice


async def test_states_and_their_times(database: Database) -> None:
    runs = StoredRuns(database)
    await runs.create(a_run())
    await runs.set_state("0193-aaaa", State.PLAN, Event.DONE, START + timedelta(seconds=1))
    await runs.set_state("0193-aaaa", State.FAILED, Event.OUTAGE, START + timedelta(seconds=9))
    ended = await runs.get("0193-aaaa")
    assert (ended.state, ended.last_event) == (State.FAILED, Event.OUTAGE)
    assert ended.started_at == START + timedelta(seconds=1)
    assert ended.ended_at == ended.updated_at == START + timedelta(seconds=9)
    await runs.set_state("0193-aaaa", State.CODE, None, START + timedelta(seconds=20))
    revived = await runs.get("0193-aaaa")
    assert (revived.ended_at, revived.last_event) == (None, Event.OUTAGE)
    with pytest.raises(UnknownRun):
        await runs.set_state("0193", State.CODE, None, START)


async def test_lists_newest_first_and_unfinished_oldest_first(database: Database) -> None:
    runs = StoredRuns(database)
    for number, state in enumerate([State.CODE, State.WAITING, State.COMPLETE, State.INIT]):
        run = a_run(f"r{number}", at=START + timedelta(seconds=number))
        await runs.create(msgspec.structs.replace(run, state=state))
    assert [run.run_id for run in await runs.list(3)] == ["r3", "r2", "r1"]
    assert [run.run_id for run in await runs.unfinished()] == ["r0", "r3"]


async def test_base_limits_and_result(database: Database) -> None:
    runs = StoredRuns(database)
    await runs.create(a_run(budget=1.0))
    await runs.set_base("0193-aaaa", "main", "c" * 40, "fix/x")
    await runs.set_limits("0193-aaaa", 2.5, None)
    await runs.set_limits("0193-aaaa", None, 7, 60.0)
    result = Result(False, "failed", "0193-aaaa", "0193-aaaa", implementation_plan=Plan(steps=("a",)))
    await runs.finish("0193-aaaa", result, "it\x00broke\ud83d")
    run = await runs.get("0193-aaaa")
    assert (run.base_branch, run.base_commit, run.branch_name) == ("main", "c" * 40, "fix/x")
    limits = run.options.limits
    assert (limits.budget_usd, limits.max_turns, limits.time_limit_seconds) == (2.5, 7, 60.0)
    assert (run.result, run.error_message) == (result, "it\ufffdbroke\ufffd")


async def test_facts_are_replaced_one_by_one(database: Database) -> None:
    runs = StoredRuns(database)
    await runs.create(a_run())
    check = Check("tests", "pytest", CheckKind.TEST)
    report = CheckReport((CheckOutcome(check, 1, 0.5, "out\x00put \udcff"),))
    await runs.learn("0193-aaaa", baseline=report, tree="t1", notes={"a": 1})
    await runs.learn("0193-aaaa", tree="t2", findings=({"rule": "x"},))
    facts = await runs.facts("0193-aaaa")
    assert facts.baseline is not None
    assert facts.baseline.outcomes[0].output == "out\ufffdput \ufffd"
    assert (facts.tree, facts.notes, facts.findings, facts.plan) == ("t2", {"a": 1}, ({"rule": "x"},), None)
    with pytest.raises(TypeError, match="no weather"):
        await runs.learn("0193-aaaa", weather=1)


async def test_a_process_that_lost_its_lease_writes_nothing(url: str, database: Database, clock: Clock) -> None:
    runs = StoredRuns(database)
    await runs.create(a_run())
    lease = await StoredJournal(database, clock).lease("0193-aaaa")
    assert lease is not None
    await runs.set_state("0193-aaaa", State.PLAN, None, START)
    other = Database(url)
    await other.transact(lambda connection: connection.exec_driver_sql("UPDATE leases SET fence = fence + 1"))
    for write in (
        runs.set_state("0193-aaaa", State.FAILED, None, START),
        runs.set_base("0193-aaaa", "b", "c", "d"),
        runs.learn("0193-aaaa", tree="stale"),
    ):
        with pytest.raises(LeaseLost):
            await write
    await StoredRuns(other).set_state("0193-aaaa", State.CODE, None, START)
    assert (await runs.get("0193-aaaa")).state is State.CODE
    await other.close()
