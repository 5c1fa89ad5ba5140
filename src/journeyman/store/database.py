"""One database, SQLite or PostgreSQL, spoken to by one thread: each write is one transaction."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from journeyman.domain.errors import BadSettings, Outage
from journeyman.store.failures import explained, passing, undone
from journeyman.store.tables import NEWEST

Returned = TypeVar("Returned")
Work = Callable[[Connection], Returned]
Kind = Literal["reading", "writing", "lasting"]
"""What a transaction does: only reads, writes, or writes what a power cut must not undo."""

WAITS = (0.1, 0.3, 1.0, 3.0, 6.0)
"""Seconds before each further try of a transaction that met a lock or a lost connection."""

LONGER = (10.0, 10.0, 10.0, 10.0, 15.0, 15.0, 20.0)
"""The waits after those, for a database that did answer before: work is under way then, and answers that were paid
for are to be kept. Whoever only comes to look at one that is away is told so sooner."""

BUSY_SECONDS = 5.0
"""How long SQLite itself waits for another process's lock before each of those tries is over."""

HUNG_SECONDS = 20.0
"""How long PostgreSQL bears a transaction in which nothing happens, as that of a stopped process, for whose locks
others wait. It is undone then; whoever was only slow does it again."""

MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """A database by its address: `sqlite:///PATH`, `postgres://…` or `postgresql://…`.

    Opened by its first use: a new one gets its tables, an older one its migrations. A single thread does all work,
    so transactions of one process never wait for one another's locks, and the event loop never waits for a disk.

    `fences` are the leases that this process was given, by run: a write of a run checks that its lease is still the
    newest, so a process that was taken for dead cannot spoil the work of its successor.

    `redacted` takes secrets out of every text that is written: this is the one door into the database.
    """

    def __init__(
        self,
        url: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        waits: tuple[float, ...] = WAITS,
        busy_seconds: float = BUSY_SECONDS,
        hung_seconds: float = HUNG_SECONDS,
        redacted: Callable[[str], str] = str,
    ) -> None:
        self._url = _parsed(url)
        self._sleep = sleep
        self._waits = waits
        self._busy_seconds = busy_seconds
        self._hung_seconds = hung_seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._engines: dict[Kind, Engine] | None = None
        self.redacted = redacted
        self.fences: dict[str, int] = {}

    @property
    def place(self) -> str:
        """Where the database is, for people: never with a password."""
        url = self._url
        return url.database or "in memory" if url.get_backend_name() == "sqlite" else f"{url.host}/{url.database}"

    async def transact(self, work: Work[Returned], *, lasting: bool = False) -> Returned:
        """Do the work in one transaction that may write. A `lasting` one outlives a power cut, with all before it.

        Outage if the database is locked, full or gone; BadSettings if it cannot be used at all.
        """
        return await self._patiently(lambda: self._transaction(work, "lasting" if lasting else "writing"))

    async def look(self, work: Work[Returned]) -> Returned:
        """Do the work in one transaction that only reads, and so waits for no writer. Errors as `transact`."""
        return await self._patiently(lambda: self._transaction(work, "reading"))

    async def close(self) -> None:
        """Close the connection and end the thread."""
        if self._engines is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._engines["writing"].dispose)
        self._thread.shutdown()

    async def _patiently(self, work: Callable[[], Returned]) -> Returned:
        loop = asyncio.get_running_loop()
        waits = self._waits if self._engines is None else (*self._waits, *LONGER)
        for wait in (*waits, None):
            try:
                return await loop.run_in_executor(self._thread, work)
            except DBAPIError as error:
                if wait is None or not passing(error):
                    raise explained(error, self.place) or error from error
            await self._sleep(wait)
        raise AssertionError("unreachable")

    def _transaction(self, work: Work[Returned], kind: Kind) -> Returned:
        with self._opened()[kind].connect() as connection:
            transaction = connection.begin()
            try:
                returned = work(connection)
            except BaseException:
                transaction.rollback()
                raise
            try:
                transaction.commit()
            except DBAPIError as error:
                if undone(error):
                    raise
                # Whether it was committed is not known, so it must not simply be done again.
                raise explained(error, self.place) or Outage(f"the database {self.place} lost a commit") from error
            return returned

    def _opened(self) -> dict[Kind, Engine]:
        """Return the engine, the same for each kind of transaction; SQLite is told the kind."""
        if self._engines is None:
            engine = _engine_for(self._url, self._busy_seconds, self._hung_seconds)
            _bring_up_to_date(engine)
            event.listen(engine, "before_cursor_execute", self._without_secrets, retval=True)
            self._engines = {kind: engine.execution_options(kind=kind) for kind in get_args(Kind)}
        return self._engines

    def _without_secrets(
        self, connection: Connection, _cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
    ) -> tuple[str, Any]:
        if not (
            connection.get_execution_options().get("kind") == "reading" or context.execution_options.get("clean")
        ):
            parameters = _bare(parameters, self.redacted)
        return statement, parameters


def _bare(parameters: Any, redacted: Callable[[str], str]) -> Any:
    """Return a statement's parameters, of one row or of many, with clean texts."""
    match parameters:
        case str():
            return redacted(parameters)
        case dict():
            return {name: _bare(value, redacted) for name, value in parameters.items()}
        case list() | tuple():
            return type(parameters)([_bare(value, redacted) for value in parameters])
    return parameters


def exclusively(connection: Connection, name: str) -> None:
    """Let no other process write what `name` stands for until this transaction ends.

    SQLite has one writer anyway. On PostgreSQL this keeps rows visible in the order of their numbers, so that
    a reader who asks for "everything after number 7" misses none.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def _parsed(url: str) -> URL:
    advice = "use sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    except (ArgumentError, ValueError) as error:
        raise BadSettings("DATABASE_URL is not the address of a database", advice) from error
    kind = parsed.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise BadSettings(f"DATABASE_URL names a kind of database that is not supported: {kind}", advice)
    return parsed.set(drivername="sqlite" if kind == "sqlite" else "postgresql+psycopg")


def _engine_for(url: URL, busy_seconds: float, hung_seconds: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        _make_private(url.database)
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": busy_seconds})
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = create_engine(
            url, hide_parameters=True, pool_size=1, max_overflow=0, connect_args={"connect_timeout": 5}
        )
    except ModuleNotFoundError as error:
        raise BadSettings("PostgreSQL needs the package psycopg", "pip install 'journeyman[postgres]'") from error
    event.listen(engine, "connect", partial(_tune_postgres, hung_seconds))
    return engine


def _tune_postgres(hung_seconds: float, connection: Any, _record: object) -> None:
    connection.execute(f"SET idle_in_transaction_session_timeout = {round(hung_seconds * 1000)}")
    connection.commit()


def _make_private(path: str | None) -> None:
    if not path or path == ":memory:":
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # Transcripts and code are nobody else's business; SQLite gives its side files the mode of the main one.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadSettings(
            f"the database {path} cannot be made: {reason}", "check the folder's owner and mode"
        ) from None


def _tune_sqlite(connection: Any, _record: object) -> None:
    # We begin transactions ourselves: the driver's own habit leaves DDL and reads outside of them.
    connection.isolation_level = None
    # NORMAL with a write-ahead log: a killed process loses nothing and the file is never damaged. A power cut may
    # take the last transactions with it: then steps are done again. What concerns money is `lasting`: FULL waits for
    # the disk, and since the log is one file, all that was committed before is safe with it.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that turns writer later may be refused without any waiting.
    kind = connection.get_execution_options().get("kind")
    if kind != "reading":
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if kind == 'lasting' else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN" if kind == "reading" else "BEGIN IMMEDIATE")


def _bring_up_to_date(engine: Engine) -> None:
    with engine.execution_options(kind="reading").begin() as connection:
        if _revision(connection) == NEWEST:
            return
    with engine.begin() as connection:
        exclusively(connection, "migrations")
        if _revision(connection) != NEWEST:
            _migrate(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection) -> None:
    # Imported here alone: alembic costs half a second, and a database that is up to date does not need it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        advice = "update Journeyman, or name another database with DATABASE_URL"
        raise BadSettings("the database was made by a newer Journeyman", advice) from error
