from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError

from journeyman.domain.errors import BadSettings, Outage
from journeyman.domain.redaction import Redactor
from journeyman.domain.runs import Activity, ActivityType
from journeyman.store.activities import StoredActivities
from journeyman.store.audit import StoredAudit
from journeyman.store.database import MIGRATIONS, Database
from journeyman.store.runs import StoredRuns
from journeyman.store.tables import NEWEST, metadata, remembered
from tests.store.postgres import Postgres, own_server
from tests.store.rows import Clock, a_run


def remember(key: str, words: str = "x") -> object:
    def work(connection: Connection) -> None:
        row = {"key": key, "words": words, "at": "2026-01-01 00:00:00"}
        connection.execute(text("INSERT INTO remembered (key, text, at) VALUES (:key, :words, :at)"), row)

    return work


def count(connection: Connection) -> int:
    return connection.execute(text("SELECT count(*) FROM remembered")).scalar_one()


async def test_migrations_make_what_the_tables_say(fresh_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    database = Database(fresh_url)
    assert await database.transact(differences) == []
    await database.close()


def test_the_newest_migration_is_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST


async def test_a_known_database_is_opened_without_alembic(url: str) -> None:
    first = Database(url)
    await first.look(count)
    await first.close()
    program = (
        "import asyncio, sys\n"
        "from journeyman.store.database import Database\n"
        "from sqlalchemy import text\n"
        "database = Database(sys.argv[1])\n"
        "asyncio.run(database.transact(lambda c: c.execute(text('SELECT 1')).scalar()))\n"
        "print([name for name in ('alembic', 'sqlalchemy.orm', 'sqlalchemy.ext') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_many_first_uses_at_once_make_one_database(fresh_url: str) -> None:
    databases = [Database(fresh_url) for _ in range(4)]
    await asyncio.gather(*(database.transact(remember(f"k{at}")) for at, database in enumerate(databases)))
    assert await databases[0].look(count) == 4
    for database in databases:
        await database.close()


async def test_a_database_of_a_newer_version_is_refused(fresh_url: str) -> None:
    database = Database(fresh_url)
    await database.transact(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await database.close()
    later = Database(fresh_url)
    with pytest.raises(BadSettings, match="newer Journeyman"):
        await later.look(count)
    await later.close()


async def test_what_fails_leaves_nothing_behind(database: Database) -> None:
    def half(connection: Connection) -> None:
        remember("a")(connection)
        raise KeyError("a")

    with pytest.raises(KeyError):
        await database.transact(half)
    assert await database.look(count) == 0


async def test_only_its_owner_reads_an_sqlite_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "j.db"
    database = Database(f"sqlite:///{path}")
    await database.transact(remember("a"))
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert len(list(path.parent.iterdir())) == 3
    await database.close()


async def test_only_what_is_lasting_waits_for_the_disk(tmp_path: Path) -> None:
    def synchronous(connection: Connection) -> int:
        return connection.execute(text("PRAGMA synchronous")).scalar_one()

    normal, full = 1, 2
    database = Database(f"sqlite:///{tmp_path}/j.db")
    assert await database.transact(synchronous) == normal
    assert await database.transact(synchronous, lasting=True) == full
    assert await database.transact(synchronous) == normal
    await database.close()


async def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/j.db")
    await database.transact(remember("a"))
    with sqlite3.connect(tmp_path / "j.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await database.look(count) == 1
    await database.close()


async def test_a_locked_database_is_waited_for(tmp_path: Path, clock: Clock) -> None:
    other = sqlite3.connect(tmp_path / "j.db", isolation_level=None, check_same_thread=False)

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        if len(clock.slept) == 3:
            other.execute("COMMIT")

    database = Database(f"sqlite:///{tmp_path}/j.db", sleep=sleep, busy_seconds=0.01)
    await database.look(count)
    other.execute("BEGIN IMMEDIATE")
    await database.transact(remember("a"))
    assert clock.slept == [0.1, 0.3, 1.0]
    other.close()
    await database.close()


async def test_a_database_locked_for_too_long_is_an_outage(tmp_path: Path, clock: Clock) -> None:
    database = Database(f"sqlite:///{tmp_path}/j.db", sleep=clock.sleep, busy_seconds=0.01)
    await database.look(count)
    other = sqlite3.connect(tmp_path / "j.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Outage, match="is locked by another process") as outage:
        await database.transact(remember("a"))
    assert "journeyman resume" in outage.value.advice
    assert "\n" not in outage.value.line()
    other.execute("COMMIT")
    await database.transact(remember("a"))
    other.close()
    await database.close()


async def test_a_full_disk_is_an_outage_and_loses_nothing(tmp_path: Path, clock: Clock) -> None:
    database = Database(f"sqlite:///{tmp_path}/j.db", sleep=clock.sleep)
    await database.transact(remember("a"))
    pages = await database.look(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    await database.look(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}").scalar_one())
    with pytest.raises(Outage, match="no space is left"):
        await database.transact(remember("b", "x" * 100_000))
    await database.look(lambda c: c.exec_driver_sql("PRAGMA max_page_count=100000").scalar_one())
    await database.transact(remember("b", "x" * 100_000))
    assert await database.look(count) == 2
    await database.close()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "j.db").write_text("not a database, " * 100)
    database = Database(f"sqlite:///{tmp_path}/j.db")
    with pytest.raises(BadSettings, match="is not a database"):
        await database.look(count)
    await database.close()


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    database = Database(f"sqlite:///{tmp_path}/file/j.db")
    with pytest.raises(BadSettings, match="cannot be made"):
        await database.look(count)
    await database.close()


@pytest.mark.parametrize("address", ["", "nonsense", "mysql://u:canary@h/db", "postgres://u:canary@h:port/db"])
def test_other_addresses_are_refused_without_quoting_them(address: str) -> None:
    with pytest.raises(BadSettings) as refused:
        Database(address)
    assert "canary" not in refused.value.line()


async def test_a_server_that_is_not_there_is_an_outage(clock: Clock) -> None:
    database = Database("postgres://user:canary@127.0.0.1:1/db", sleep=clock.sleep)
    with pytest.raises(Outage, match=r"127\.0\.0\.1/db does not answer") as outage:
        await database.look(count)
    assert "canary" not in outage.value.line()
    assert len(clock.slept) == 5
    await database.close()


async def test_a_server_that_went_away_and_came_back(clock: Clock) -> None:
    with own_server() as server:
        back_after: list[int] = []

        async def sleep(seconds: float) -> None:
            await clock.sleep(seconds)
            if len(clock.slept) in back_after:
                server.start()

        database = Database(server.url("postgres"), sleep=sleep)
        await database.transact(remember("a"))
        server.stop()
        with pytest.raises(Outage, match="does not answer"):
            await database.transact(remember("b"))
        back_after.append(len(clock.slept) + 2)
        await database.transact(remember("b"))
        assert await database.look(count) == 2
        server.stop()
        server.start()
        await database.transact(remember("c"))
        assert await database.look(count) == 3
        await database.close()


@pytest.mark.parametrize("late", ["statement", "commit"])
async def test_locks_of_a_hung_process_are_let_go_and_its_transaction_is_done_again(
    late: str, postgres: Postgres
) -> None:
    url = postgres.ready_database()
    hung, other = Database(url, hung_seconds=0.3), Database(url)
    await other.transact(remember("a", "first"))
    tries: list[str] = []

    def work(connection: Connection) -> None:
        tries.append(connection.execute(text("SELECT text FROM remembered WHERE key = 'a' FOR UPDATE")).scalar_one())
        if len(tries) == 1:
            time.sleep(1.5)
        if late == "statement":
            connection.execute(text("UPDATE remembered SET text = text || ' hung'"))

    waiting = asyncio.create_task(hung.transact(work))
    while not tries:
        await asyncio.sleep(0.01)
    began = time.monotonic()
    await other.transact(lambda connection: connection.execute(text("UPDATE remembered SET text = 'second'")))
    assert time.monotonic() - began < 1.4
    await waiting
    assert tries == ["first", "second"]
    for each in (hung, other):
        await each.close()


async def test_an_unknown_postgres_database_is_named(clock: Clock, postgres: object) -> None:
    address = postgres.url("absent")  # type: ignore[attr-defined]
    database = Database(address, sleep=clock.sleep)
    with pytest.raises(BadSettings, match="refuses us"):
        await database.look(count)
    await database.close()


async def test_no_text_is_written_but_through_the_door(url: str, clock: Clock) -> None:
    redactor = Redactor(["canary-0123456789"])
    database = Database(url, redacted=lambda text: redactor.json(text) if redactor.finds(text) else text)
    told = {"command": "echo canary-0123456789", "canary-0123456789": ["CANARY 0123456789"]}
    await StoredRuns(database).create(a_run("r1"))
    await StoredAudit(database, clock).record("person canary-0123456789", "tell", "r1", told)
    await StoredActivities(database).note(
        Activity("r1", "t1", ActivityType.PROGRESS, "canary-0123456789", clock(), told)
    )
    rows = insert(remembered)
    many = [{"key": f"k{n}", "text": f"canary-0123456789 {n}", "at": clock()} for n in range(3)]
    await database.transact(lambda connection: connection.execute(rows, many))
    assert (await StoredAudit(database, clock).verify()).broken_at is None
    (entry,) = await StoredAudit(database, clock).entries()
    assert json.loads(entry.details) == {"command": "echo [redacted]", "[redacted]": ["[redacted]"]}
    (line,) = await StoredActivities(database).since("r1")
    assert (line.message, line.details) == ("[redacted]", json.loads(entry.details))

    def everything(connection: Connection) -> str:
        return repr([connection.execute(select(table)).all() for table in metadata.sorted_tables])

    assert "0123456789" not in await database.look(everything)
    await database.close()


async def test_an_error_of_the_database_does_not_show_what_was_written(url: str) -> None:
    database = Database(url)
    # A key twice: a fault of our own, whose words end up in a file that people are asked to send.
    twice = [{"key": "k", "text": "transcript", "at": Clock()()} for _ in range(2)]
    with pytest.raises(DBAPIError) as failed:
        await database.transact(lambda connection: connection.execute(insert(remembered), twice))
    assert "transcript" not in str(failed.value)
    await database.close()
