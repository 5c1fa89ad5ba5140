"""A real PostgreSQL for tests: Debian's, on a random port of the loopback, in a folder that goes away."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest

from journeyman.store.database import Database
from journeyman.store.tables import metadata

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
}


class Postgres:
    """One server. It may be stopped and started again."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._data = Path(tempfile.mkdtemp(prefix="journeyman-postgres-"))
        shutil.chown(self._data, self._user)
        self.port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._ready: str | None = None
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        self.start()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def ready_database(self) -> str:
        """The one database that has its tables, emptied. A new one for each test would take half a second."""
        if self._ready is None:
            self._ready = self.new_database()
            with ThreadPoolExecutor() as thread:
                thread.submit(asyncio.run, migrate(self._ready)).result()
        with psycopg.connect(self._ready, autocommit=True) as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(f"DELETE FROM {table.name}")
        return self._ready

    def start(self) -> None:
        settings = [f"-c{name}={value}" for name, value in OPTIONS.items()]
        with (self._data / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-p", str(self.port), *settings],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._as_user(),
            )
        until = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(20)
            self._server = None

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._data, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._programs / program, *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **self._as_user())

    def _as_user(self) -> dict[str, str]:
        return {"user": self._user, "group": self._user} if os.geteuid() == 0 else {}


async def migrate(address: str) -> None:
    """Give a database its tables."""
    database = Database(address)
    await database.look(lambda connection: None)
    await database.close()


def _free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@cache
def _server() -> Postgres | None:
    programs = _programs()
    return Postgres(programs) if programs else None


def shared_server() -> Iterator[Postgres]:
    """The one server of this test process; the body of a session fixture."""
    server = _server()
    if server is None:
        pytest.skip("no PostgreSQL here: `make servers` installs it, or tells what to install")
    yield server
    server.remove()


@contextmanager
def own_server() -> Iterator[Postgres]:
    """A server of a test's own, to be stopped at will."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL here: `make servers` installs it, or tells what to install")
    server = Postgres(programs)
    try:
        yield server
    finally:
        server.remove()
